"""The OpenAPI documents: what front ends build on."""

import re
import subprocess
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import CommandError, call_command
from rest_framework.settings import api_settings

from apps.core.management.commands import openapi
from apps.core.management.commands.openapi import DOCUMENTS

PROFILE = "/api/v1/users/me/"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """A folder with fresh documents, to be changed."""
    folder = tmp_path / "openapi"
    call_command("openapi", folder=folder, stdout=StringIO())
    return folder


def change_document(folder: Path, change: Change) -> None:
    """Make the committed document of version 1 another one than the code says."""
    file = folder / "v1.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(document)
    file.write_text(yaml.safe_dump(document), encoding="utf-8")


def get_profile(document: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = document["paths"][PROFILE]["get"]
    return operation


@pytest.mark.lesson("openapi-contract")
def test_documents_are_complete_and_committed() -> None:
    call_command("openapi", check=True)

    assert {path.stem for path in DOCUMENTS.glob("*.yaml")} == set(api_settings.ALLOWED_VERSIONS or [])


def test_each_version_has_a_document_of_its_own_addresses(documents: Path) -> None:
    for version in api_settings.ALLOWED_VERSIONS or []:
        document = yaml.safe_load((documents / f"{version}.yaml").read_text(encoding="utf-8"))
        assert [path for path in document["paths"] if re.match(r"/api/v\d+/", path)]
        assert [path for path in document["paths"] if re.match(rf"/api/(?!{version}/)v", path)] == []


def test_check_says_nothing_when_all_is_as_committed(documents: Path) -> None:
    output = StringIO()

    call_command("openapi", check=True, folder=documents, stdout=output)

    assert output.getvalue() == ""


def test_change_that_breaks_clients_is_named_and_not_written(documents: Path) -> None:
    change_document(documents, lambda document: document["paths"].update({"/api/v1/old/": {"get": {}}}))
    before = (documents / "v1.yaml").read_text(encoding="utf-8")

    for arguments in ({}, {"check": True}):
        with pytest.raises(CommandError, match="  - GET /api/v1/old/ is gone\n"):
            call_command("openapi", folder=documents, **arguments)

    assert (documents / "v1.yaml").read_text(encoding="utf-8") == before


def test_change_that_breaks_clients_is_written_when_it_is_accepted(documents: Path) -> None:
    fresh = yaml.safe_load((documents / "v1.yaml").read_text(encoding="utf-8"))
    change_document(documents, lambda document: document["paths"].update({"/api/v1/old/": {"get": {}}}))

    call_command("openapi", folder=documents, accept_breaking=True, stdout=StringIO())

    assert yaml.safe_load((documents / "v1.yaml").read_text(encoding="utf-8")) == fresh


def test_harmless_change_asks_for_the_documents_to_be_written_and_just_docs_does(documents: Path) -> None:
    change_document(documents, lambda document: get_profile(document).update(description="Another."))

    with pytest.raises(CommandError, match=r"v1\.yaml is not what the code says: run `just docs`"):
        call_command("openapi", check=True, folder=documents)
    call_command("openapi", folder=documents, stdout=StringIO())
    call_command("openapi", check=True, folder=documents)


def test_version_without_a_document_is_asked_for(documents: Path) -> None:
    (documents / "v1.yaml").unlink()

    with pytest.raises(CommandError, match=r"v1\.yaml is not what the code says"):
        call_command("openapi", check=True, folder=documents)


def test_version_that_is_no_more_breaks_its_clients_until_that_is_accepted(documents: Path) -> None:
    (documents / "v0.yaml").write_text("paths: {}\n", encoding="utf-8")

    with pytest.raises(CommandError, match="the version v0 is gone"):
        call_command("openapi", folder=documents)
    call_command("openapi", folder=documents, accept_breaking=True, stdout=StringIO())

    assert not (documents / "v0.yaml").exists()


def test_operations_that_cannot_be_told_apart_are_an_error(
    monkeypatch: pytest.MonkeyPatch, documents: Path
) -> None:
    monkeypatch.setattr("drf_spectacular.openapi.AutoSchema.get_operation_id", lambda _: "same")

    with pytest.raises(CommandError, match="warnings"):
        call_command("openapi", folder=documents)


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the documents of today in its first commit; the project is a folder in it."""
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    project = tmp_path / "backend"
    folder = project / "docs" / "openapi"
    call_command("openapi", folder=folder, stdout=StringIO())
    monkeypatch.setattr(openapi, "PROJECT", project)
    monkeypatch.setattr(openapi, "DOCUMENTS", folder)
    commit("Start")
    return folder


def commit(message: str) -> None:
    openapi.git("add", "--all")
    author = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    openapi.git(*author, "commit", "--quiet", "--allow-empty", f"--message={message}")


def has_an_operation_that_the_code_has_not(document: dict[str, Any]) -> None:
    document["paths"]["/api/v1/gone/"] = {"get": {"responses": {"200": {"description": ""}}}}


def test_break_since_a_commit_is_refused_until_a_commit_tells_it(history: Path) -> None:
    change_document(history, has_an_operation_that_the_code_has_not)
    commit("Base")
    call_command("openapi", folder=history, accept_breaking=True, stdout=StringIO())
    commit("Take it away")

    with pytest.raises(CommandError, match="GET /api/v1/gone/ is gone"):
        call_command("openapi", since="HEAD~1")

    commit("Explain\n\nBREAKING CHANGE: nobody asked for what was gone")
    output = StringIO()
    call_command("openapi", since="HEAD~2", stdout=output)
    assert "Told by:" in output.getvalue()


def test_nothing_breaks_since_a_commit_with_the_same_documents(history: Path) -> None:
    output = StringIO()

    call_command("openapi", since="HEAD", stdout=output)

    assert output.getvalue() == "Nothing breaks clients since HEAD.\n"


def test_commit_that_is_not_there_is_named(history: Path) -> None:
    with pytest.raises(CommandError, match="nowhere"):
        call_command("openapi", since="nowhere")
