from pathlib import Path

import pytest
from dotenv import dotenv_values

from devtools import envfiles

EXAMPLE = """\
# The schema is config/env.py.
DEBUG=true
SECRET_KEY=
TICKET_SIGNING_KEY=
PANEL_BASIC_AUTH=
# REDIS_URL=redis://127.0.0.1:6379/1
DJANGO_SUPERUSER_EMAIL=
DJANGO_SUPERUSER_PASSWORD=
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".env.example").write_text(EXAMPLE)
    return tmp_path


def test_a_missing_env_file_is_made_from_the_example_with_secrets(project: Path) -> None:
    assert envfiles.ensure_env_file(project) is True

    values = dotenv_values(project / ".env")
    assert list(values) == [
        "DEBUG",
        "SECRET_KEY",
        "TICKET_SIGNING_KEY",
        "PANEL_BASIC_AUTH",
        "DJANGO_SUPERUSER_EMAIL",
        "DJANGO_SUPERUSER_PASSWORD",
    ]
    keys = {values["SECRET_KEY"], values["TICKET_SIGNING_KEY"]}
    assert (values["PANEL_BASIC_AUTH"] or "").startswith("admin:")
    assert [len(key or "") >= 50 for key in keys] == [True, True]
    assert len(values["DJANGO_SUPERUSER_PASSWORD"] or "") >= 12


def test_the_secrets_differ_each_time(project: Path) -> None:
    envfiles.ensure_env_file(project)
    first = dotenv_values(project / ".env")
    (project / ".env").unlink()
    envfiles.ensure_env_file(project)
    second = dotenv_values(project / ".env")

    assert first["SECRET_KEY"] != second["SECRET_KEY"]
    assert first["DJANGO_SUPERUSER_PASSWORD"] != second["DJANGO_SUPERUSER_PASSWORD"]


def test_an_env_file_is_never_overwritten(project: Path) -> None:
    (project / ".env").write_text("DEBUG=false\n")

    assert envfiles.ensure_env_file(project) is False
    assert (project / ".env").read_text() == "DEBUG=false\n"


def test_nothing_is_made_without_an_example(tmp_path: Path) -> None:
    assert envfiles.ensure_env_file(tmp_path) is False
    assert list(tmp_path.iterdir()) == []


def test_the_environment_comes_before_the_env_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".env").write_text("WEB_PORT=8001\n")
    from_file = envfiles.given("WEB_PORT", project)
    monkeypatch.setenv("WEB_PORT", "8002")

    assert (from_file, envfiles.given("WEB_PORT", project)) == ("8001", "8002")


def test_a_variable_that_is_set_to_nothing_is_not_given(project: Path) -> None:
    (project / ".env").write_text("WEB_PORT=\n")

    assert envfiles.given("WEB_PORT", project) == ""
