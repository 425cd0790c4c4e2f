"""``render.yaml`` and the free profile: what they say is valid, whole, and starts."""

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest

from apps.core.health.middleware import LIVE_PATH
from config.env import Environment
from devtools.errors import DevtoolsError
from tests import blueprint, processes
from tests.blueprint import FREE, HOST, PAID, READ_BY_RENDER, Blueprint, Found
from tests.test_environment import FOR_DEVELOPMENT, as_written

SCHEMA = json.loads((Path(__file__).parent / "render_blueprint.schema.json").read_text(encoding="utf-8"))
FILES = [Blueprint(PAID), Blueprint(FREE)]
ROLES = ["web", "worker", "beat"]
both = pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)

# Set by Render itself; and Flower is not run there.
NOT_IN_THE_FILE = FOR_DEVELOPMENT | {"FLOWER_BASIC_AUTH", "PORT"}


@both
def test_file_keeps_to_the_language_of_render(file: Blueprint) -> None:
    faults = jsonschema.Draft202012Validator(SCHEMA).iter_errors(file.document)

    assert [f"{fault.json_path}: {fault.message}" for fault in faults] == []


@both
def test_every_reference_leads_to_something_in_the_file(file: Blueprint) -> None:
    databases = {("database", database["name"]) for database in file.document.get("databases", [])}
    services = {(service["type"], service["name"]) for service in file.document["services"]}
    groups = {("group", name) for name in file.groups}

    assert {reference for process in file.processes for reference in references(process)} <= (
        databases | services | groups
    )


def references(process: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in process["envVars"]:
        if "fromGroup" in entry:
            yield "group", entry["fromGroup"]
        if "fromDatabase" in entry:
            yield "database", entry["fromDatabase"]["name"]
        if "fromService" in entry:
            yield entry["fromService"]["type"], entry["fromService"]["name"]


def commented(file: Blueprint) -> dict[str, tuple[str, str]]:
    """The variables in comments: the source of each, and its value there."""
    return {name: (source, value) for name, source, value in blueprint.COMMENTED.findall(file.text)}


def named(file: Blueprint) -> set[str]:
    return {entry["key"] for process in file.processes for entry in file.entries(process)}


@pytest.mark.lesson("env-required-settings")
def test_every_variable_of_the_environment_has_its_place() -> None:
    file = Blueprint(PAID)

    assert named(file) | commented(file).keys() | NOT_IN_THE_FILE == (
        Environment.model_fields.keys() | READ_BY_RENDER
    )


@both
def test_no_variable_is_unknown_to_the_project(file: Blueprint) -> None:
    assert named(file) - Environment.model_fields.keys() - READ_BY_RENDER == set()


def test_commented_variables_show_the_defaults() -> None:
    entries = commented(Blueprint(PAID)).items()
    shown = {name: value.strip('"') for name, (source, value) in entries if source == "value"}

    assert shown == {name: as_written(Environment.model_fields[name].default) for name in shown}


@both
def test_secrets_do_not_stand_in_the_file(file: Blueprint) -> None:
    secret = {
        name
        for name, field in Environment.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("secret")
    }
    written = {e["key"] for process in file.processes for e in file.entries(process) if "value" in e}

    assert written & secret == set()


@pytest.mark.lesson("render-service-types")
@both
def test_only_what_serves_requests_is_a_web_service(file: Blueprint) -> None:
    serving = {p["name"] for p in file.processes if "gunicorn" in what_starts(p)}

    assert {p["name"] for p in file.processes if p["type"] == "web"} == serving
    asked = {p["name"]: p["healthCheckPath"] for p in file.processes if "healthCheckPath" in p}
    assert asked == dict.fromkeys(serving, LIVE_PATH)


def what_starts(process: dict[str, Any]) -> str:
    """The start command, with the text of the script that it names."""
    command: str = process["startCommand"]
    scripts = [processes.PROJECT_DIR / word for word in command.split() if word.endswith(".sh")]
    return "\n".join([command, *(script.read_text(encoding="utf-8") for script in scripts)])


def test_release_runs_once_and_before_the_traffic() -> None:
    file = Blueprint(PAID)
    before = [process["name"] for process in file.processes if "preDeployCommand" in process]
    release = re.compile(r"manage\.py (release|migrate)")
    at_start = [p["name"] for p in file.processes if release.search(what_starts(p))]

    assert before == [file.process("web")["name"]]
    assert at_start == []


@both
def test_store_of_the_queue_never_evicts(file: Blueprint) -> None:
    policies = {s["name"]: s["maxmemoryPolicy"] for s in file.document["services"] if s["type"] == "keyvalue"}
    queues = {source["name"] for source in map(source_of_the_queue, file.processes) if source}

    assert {policies[name] for name in queues & policies.keys()} <= {"noeviction"}


def source_of_the_queue(process: dict[str, Any]) -> dict[str, Any] | None:
    """The service that its queue is in; in the free profile that of the cache has to do for both."""
    entries = {entry["key"]: entry for entry in process["envVars"] if "key" in entry}
    source: dict[str, Any] | None = entries.get("CELERY_BROKER_URL", entries["REDIS_URL"]).get("fromService")
    return source


def test_processes_may_end_in_their_time() -> None:
    file = Blueprint(PAID)
    grace = {"web": "WEB_GRACE_SECONDS", "worker": "CELERY_WORKER_GRACE_SECONDS"}

    assert [
        role
        for role, name in grace.items()
        if file.process(role).get("maxShutdownDelaySeconds", 30) < Environment.model_fields[name].default + 5
    ] == []


@both
def test_python_is_that_of_the_image(file: Blueprint) -> None:
    """Render takes a version of three parts only."""
    (version,) = {e["value"] for e in file.entries(file.process("web")) if e["key"] == "PYTHON_VERSION"}
    dockerfile = (processes.PROJECT_DIR / "docker" / "Dockerfile").read_text(encoding="utf-8")

    assert re.findall(r"python:(\d+\.\d+)-slim", dockerfile)[0] == version.rpartition(".")[0]


# From here on the commands are run, with a database and Redis of their own.


@pytest.fixture(scope="module")
def found() -> Iterator[Found]:
    if sys.platform == "win32" or not shutil.which("uv") or not shutil.which("bash"):
        pytest.skip("The commands are for a shell of Linux, and for uv.")
    try:
        with blueprint.found_here() as found:
            yield found
    except DevtoolsError as error:
        pytest.skip(f"The servers cannot be started here: {error}")


@pytest.fixture(scope="module")
def released(found: Found) -> Found:
    """A database after the command that runs before each release."""
    file = Blueprint(PAID)
    web = file.process("web")
    done = blueprint.call(web["preDeployCommand"], blueprint.variables_for(file, web, found))
    assert done.returncode == 0, done.stdout
    return found


@pytest.mark.lesson("render-service-types")
@pytest.mark.parametrize("role", ROLES)
def test_start_command_is_understood(role: str, found: Found) -> None:
    file = Blueprint(PAID)
    process = file.process(role)
    question = "--check-config" if role == "web" else "--help"

    answer = blueprint.call(
        f"{process['startCommand']} {question}", blueprint.variables_for(file, process, found)
    )

    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("role", ROLES)
def test_process_finds_a_complete_environment(role: str, found: Found) -> None:
    file = Blueprint(PAID)
    environment = blueprint.variables_for(file, file.process(role), found)

    result = processes.run_python("-c", "import config.env", environment=environment)

    assert result.returncode == 0, result.stderr


def ask(port: str, path: str) -> int:
    """The status that the platform's proxy gets, on behalf of a visitor."""
    addresses = "192.0.2.7, 192.0.2.8, 10.1.2.3"
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": addresses}
    return httpx.get(f"http://127.0.0.1:{port}{path}", headers=headers).status_code


def test_site_starts_and_is_reached_by_the_name_that_render_gave_it(released: Found, tmp_path: Path) -> None:
    file, log = Blueprint(PAID), tmp_path / "log"
    web = file.process("web")
    environment = blueprint.variables_for(file, web, released)

    with blueprint.started(web, environment, log) as process:
        processes.wait_until(
            lambda: process.poll() is not None or blueprint.answers_at(environment["PORT"]), log=log
        )
        statuses = [
            ask(environment["PORT"], path) for path in (LIVE_PATH, "/health/ready", "/api/v1/users/me/")
        ]

    assert statuses == [200, 200, 401], log.read_text()
    assert ended_by_request(process), log.read_text()


@pytest.mark.parametrize(("role", "sign"), [("worker", "ready."), ("beat", "schedule_found")])
def test_process_behind_the_site_starts(role: str, sign: str, released: Found, tmp_path: Path) -> None:
    file, log = Blueprint(PAID), tmp_path / "log"
    service = file.process(role)

    with blueprint.started(service, blueprint.variables_for(file, service, released), log) as process:
        processes.wait_until(lambda: process.poll() is not None or sign in log.read_text(), log=log)

    assert sign in log.read_text()
    assert ended_by_request(process), log.read_text()


def ended_by_request(process: subprocess.Popen[bytes]) -> bool:
    """Whether SIGTERM ended it, or it ended properly because of it; uv passes on how."""
    return process.returncode in (0, -signal.SIGTERM, 128 + signal.SIGTERM)


def test_free_service_runs_the_site_a_worker_and_the_schedule(found: Found, tmp_path: Path) -> None:
    file, log = Blueprint(FREE), tmp_path / "log"
    web = file.process("web")
    environment = blueprint.variables_for(file, web, found)

    with blueprint.started(web, environment, log) as process:
        processes.wait_until(
            lambda: (
                process.poll() is not None
                or (
                    "ready." in log.read_text()
                    and "schedule_found" in log.read_text()
                    and blueprint.answers_at(environment["PORT"])
                )
            ),
            log=log,
        )
        statuses = [
            ask(environment["PORT"], path) for path in (LIVE_PATH, "/health/ready", "/api/v1/users/me/")
        ]

    assert statuses == [200, 200, 401], log.read_text()
    assert process.returncode == 0, log.read_text()
