"""The Postman collection: whole, up to date, in an order that can work, and without secrets."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.errors import DevtoolsError
from devtools.postman import files
from devtools.postman.collection import make_collection
from devtools.postman.steps import Said, Step, read_operations
from tests.processes import PROJECT_DIR

DOCUMENTS = files.read_documents(PROJECT_DIR)
FOLDER = PROJECT_DIR / "docs" / "postman"
GIZMO = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
JSON = {"application/json": {"schema": GIZMO}}
PATH = "/api/v1/gizmos/"
SIGNED_IN = {"tags": ["gizmos"], "security": [{"tokenAuth": []}]}
ONE_RESOURCE = {
    "info": {"title": "Gizmos"},
    "paths": {
        PATH: {
            "get": {**SIGNED_IN, "responses": {"200": {"content": JSON}}},
            "post": {
                **SIGNED_IN,
                "requestBody": {"content": JSON, "required": True},
                "responses": {"201": {"content": JSON}},
            },
        },
        f"{PATH}{{id}}/": {
            "get": {**SIGNED_IN, "responses": {"200": {"content": JSON}}},
            "delete": {**SIGNED_IN, "responses": {"204": {}}},
        },
    },
}


def requests_in(collection: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for folder in collection["item"]:
        yield from folder["item"]


def script_of(request: dict[str, Any], listen: str = "test") -> str:
    return "\n".join(
        line for event in request["event"] if event["listen"] == listen for line in event["script"]["exec"]
    )


@pytest.fixture
def committed() -> dict[str, Any]:
    collection: dict[str, Any] = json.loads((FOLDER / files.COLLECTION).read_text(encoding="utf-8"))
    return collection


def test_files_are_what_the_documents_and_the_apps_say() -> None:
    files.check()


def test_files_that_differ_are_named_and_written_anew(tmp_path: Path) -> None:
    for part in ("apps", "docs"):
        shutil.copytree(PROJECT_DIR / part, tmp_path / part)
    (tmp_path / "docs" / "postman" / files.COLLECTION).write_text("{}")

    with pytest.raises(DevtoolsError, match=r"docs/postman/collection\.json. Run `just docs`"):
        files.check(tmp_path)
    assert files.write(tmp_path) == [files.COLLECTION]
    assert files.write(tmp_path) == []


def test_every_operation_is_asked_and_every_answer_is_looked_at(committed: dict[str, Any]) -> None:
    asked = set()
    for request in requests_in(committed):
        raw = re.sub(r"^\{\{base_url\}\}|\?.*$", "", request["request"]["url"]["raw"])
        asked.add(
            (
                request["request"]["method"],
                re.sub(r"\{\{\w+\}\}|/0/", lambda m: "/*/" if m[0] == "/0/" else "*", raw),
            )
        )
        assert "pm.response.to.have.status" in script_of(request), request["name"]
    described = {
        (operation.method.upper(), re.sub(r"\{\w+\}", "*", operation.path))
        for operation in read_operations(DOCUMENTS).values()
    }
    assert described - asked == set()


def test_ids_are_kept_before_they_are_used(committed: dict[str, Any]) -> None:
    kept: set[str] = set()
    for request in requests_in(committed):
        used = set(re.findall(r"\{\{(\w+_id)\}\}", json.dumps(request["request"]))) - {
            "client_id",
            "second_client_id",
        }
        assert used <= kept, request["name"]
        kept |= set(re.findall(r"collectionVariables\.set\('(\w+)'", script_of(request)))


def test_environment_holds_no_secret() -> None:
    environment = json.loads((FOLDER / files.ENVIRONMENT).read_text(encoding="utf-8"))

    filled_in = {value["key"]: value["value"] for value in environment["values"] if value["value"]}
    assert filled_in == {"base_url": "http://127.0.0.1:8000"}


def test_resource_that_no_app_describes_is_made_read_refused_and_deleted() -> None:
    collection = make_collection({"v1": ONE_RESOURCE}, Said())

    assert [(folder["name"], [item["name"] for item in folder["item"]]) for folder in collection["item"]] == [
        (
            "gizmos",
            [
                f"POST {PATH}",
                f"POST {PATH} without its fields",
                f"GET {PATH}",
                f"GET {PATH}{{id}}/",
                f"GET {PATH}{{id}}/, which is not there",
                f"POST {PATH} with a false token",
            ],
        ),
        ("tidy up", [f"DELETE {PATH}{{id}}/"]),
    ]
    create = collection["item"][0]["item"][0]
    assert json.loads(create["request"]["body"]["raw"]) == {"title": "A title"}
    assert "pm.collectionVariables.set('gizmos_id', pm.response.json().id);" in script_of(create)
    assert '"required": ["title"]' in script_of(create)


def test_second_account_signs_in_too_where_a_step_needs_it() -> None:
    sign_in = Step(f"POST {PATH}", name="Sign in", body={"title": "{{email}}"}, saves={"token": "title"})
    said = Said(sign_in=[sign_in], steps=[Step(f"GET {PATH}", by="second")])

    first, second = make_collection({"v1": ONE_RESOURCE}, said)["item"][0]["item"]

    assert second["name"] == "Sign in as somebody else"
    assert json.loads(second["request"]["body"]["raw"]) == {"title": "{{second_email}}"}
    assert "set('second_token'" in script_of(second)
    assert "set('token'" in script_of(first)
