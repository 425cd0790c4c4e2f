"""``render.yaml``, as Render would take it: from an empty environment to a site, and faults that are seen."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from conftest import WITHOUT_SERVERS, Bake, Run

BLUEPRINTS = ("render.yaml", "deploy/render/free.yaml")


@pytest.fixture(scope="module")
def project(bake: Bake) -> Path:
    return Path(bake(deploy="Render").project_path)


@pytest.mark.parametrize("database", ["PostgreSQL", "MySQL"])
@pytest.mark.parametrize("broker", ["Redis", "RabbitMQ"])
@pytest.mark.parametrize("api_auth", ["JWT", "Token"])
def test_blueprint_asks_for_what_the_answers_need(
    database: str, broker: str, api_auth: str, bake: Bake
) -> None:
    given = {"database": database, "broker": broker, "api_auth": api_auth}
    project = bake(deploy="Render", **given).project_path

    texts = [(project / name).read_text(encoding="utf-8") for name in BLUEPRINTS]

    always = {"EMAIL_URL", "SECRET_KEY"}
    by_answer = {"JWT": "JWT_SIGNING_KEY", "RabbitMQ": "CELERY_BROKER_URL", "MySQL": "DATABASE_URL"}
    wanted = always | {name for answer, name in by_answer.items() if answer in given.values()}
    assert [asked_by(text) for text in texts] == [wanted, wanted]
    assert [schema_faults(project, text) for text in texts] == [[], []]
    assert [text for text in texts if "\n\n\n" in text or text.endswith("\n\n")] == []


def schema_faults(project: Path, text: str) -> list[str]:
    schema = json.loads((project / "tests" / "render_blueprint.schema.json").read_text(encoding="utf-8"))
    return [
        fault.message for fault in jsonschema.Draft202012Validator(schema).iter_errors(yaml.safe_load(text))
    ]


def asked_by(text: str) -> set[str]:
    document: dict[str, Any] = yaml.safe_load(text)
    return {e["key"] for service in document["services"] for e in service.get("envVars", []) if "sync" in e}


def test_a_long_slug_makes_names_that_render_takes(bake: Bake) -> None:
    project = bake(deploy="Render", project_slug="a" * 39 + "_" + "b" * 23).project_path
    document = yaml.safe_load((project / "render.yaml").read_text(encoding="utf-8"))

    names = [service["name"] for service in document["services"]]

    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9-]{0,61}[a-z0-9]", name)] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", BLUEPRINTS)
def test_build_commands_need_nothing_but_uv(name: str, project: Path, tmp_path: Path, run: Run) -> None:
    """In a clone, with a home and a cache that are empty, and no variable of ours."""
    document = yaml.safe_load((project / name).read_text(encoding="utf-8"))
    commands = {service["buildCommand"] for service in document["services"] if "buildCommand" in service}
    uv = shutil.which("uv") or pytest.fail("uv is not on PATH.")
    # Of uv's variables none either, but where it finds Python and its index.
    kept = {
        key: value for key, value in os.environ.items() if key.startswith(("UV_INDEX", "UV_DEFAULT", "SSL_"))
    }
    # The cache is given, so that the same packages are not downloaded for each test.
    cache = run(uv, "cache", "dir", cwd=tmp_path).strip()
    path = f"{Path(uv).parent}:/usr/bin:/bin"
    clean = kept | {"HOME": str(tmp_path), "PATH": path, "UV_CACHE_DIR": cache, "UV_PYTHON": python()}

    for number, command in enumerate(sorted(commands)):
        clone = tmp_path / f"clone{number}"
        run("git", "clone", "--quiet", str(project), str(clone), cwd=tmp_path)
        run("bash", "-c", command, cwd=clone, env=clean)
        started = ("uv", "run", "--no-sync", "python", "-c", "import celery, django, gunicorn")
        run(*started, cwd=clone, env=clean)
        assert ("collectstatic" in command) is (clone / "staticfiles" / "staticfiles.json").exists()
        assert not list((clone / ".venv").glob("lib/*/site-packages/pytest"))


def python() -> str:
    return os.environ.get("UV_PYTHON") or shutil.which("python3") or "python3"


# On what Render has itself. On the others the matrix starts them, and test_manifests.py their like.
@pytest.mark.slow
def test_every_service_of_the_blueprint_starts(
    bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(deploy="Render", example="no").project_path

    output = run("uv", "run", "pytest", "-q", "tests/test_blueprint.py", cwd=project, env=project_environment)

    assert re.search(r"\d+ passed", output)
    assert "skipped" not in output


Change = Callable[[str], str]


def replaced(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


FAULTS: dict[str, tuple[Change, str]] = {
    "a key that Render does not know": (
        replaced("healthCheckPath:", "healtCheckPath:"),
        "test_file_keeps_to_the_language_of_render",
    ),
    "a database that is not there": (
        replaced("  - name: my-project-database\n", "  - name: my-project-databse\n"),
        "test_every_reference_leads_to_something_in_the_file",
    ),
    "a variable that nobody set": (
        replaced("      - key: EMAIL_URL\n        sync: false\n", ""),
        "test_process_finds_a_complete_environment",
    ),
    "a variable that was misspelt": (
        replaced("key: NUM_PROXIES", "key: NUM_PROXYS"),
        "test_no_variable_is_unknown_to_the_project",
    ),
    "a variable that was forgotten": (
        replaced("      # - key: LOG_LEVEL\n      #   value: INFO\n", ""),
        "test_every_variable_of_the_environment_has_its_place",
    ),
    "a default that is not one": (
        replaced("#   value: INFO", "#   value: DEBUG"),
        "test_commented_variables_show_the_defaults",
    ),
    "a worker that is a web service": (
        replaced("- type: worker", "- type: web"),
        "test_only_what_serves_requests_is_a_web_service",
    ),
    "an option at the wrong place": (
        replaced("celery -A config worker", "celery worker -A config"),
        "test_start_command_is_understood[worker]",
    ),
    "a release at every start": (
        replaced("uv run --no-sync celery", "uv run --no-sync python manage.py release && uv run celery"),
        "test_release_runs_once_and_before_the_traffic",
    ),
    "a queue that evicts": (
        replaced("maxmemoryPolicy: noeviction", "maxmemoryPolicy: volatile-lru"),
        "test_store_of_the_queue_never_evicts",
    ),
    "a secret in the file": (
        replaced(
            "- key: EMAIL_URL\n        sync: false",
            "- key: EMAIL_URL\n        value: smtp://u:p@mail.example",
        ),
        "test_secrets_do_not_stand_in_the_file",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_blueprint_turns_the_projects_tests_red(
    fault: str, project: Path, tmp_path: Path, project_environment: dict[str, str], run: Run
) -> None:
    change, guard = FAULTS[fault]
    copy = Path(shutil.copytree(project, tmp_path / "my_project", symlinks=True))
    blueprint = copy / "render.yaml"
    blueprint.write_text(change(blueprint.read_text(encoding="utf-8")), encoding="utf-8")
    command = f"uv run pytest -q 'tests/test_blueprint.py::{guard}' || echo red"

    output = run("bash", "-c", command, cwd=copy, env=project_environment | WITHOUT_SERVERS)

    assert output.endswith("red\n"), output
    assert re.search(rf"FAILED tests/test_blueprint.py::{re.escape(guard)}", output), output
