"""``compose.yaml`` of generated projects, for real: everything healthy, used, reloaded, and cleared away."""

import os
import shutil
import struct
import zlib
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest
from dotenv import dotenv_values, set_key

from conftest import Bake
from containers import OWNER, Compose, Site, development, require_docker, up, wait_until

pytestmark = pytest.mark.docker

SERVICES = {"web", "worker", "beat", "flower", "database", "redis", "mail"}
ANSWERS: dict[str, dict[str, str]] = {
    "PostgreSQL and Redis": {},
    "MySQL and RabbitMQ": {"database": "MySQL", "broker": "RabbitMQ", "deploy": "Kubernetes"},
}


@pytest.fixture(scope="module", params=list(ANSWERS.values()), ids=list(ANSWERS))
def running(
    request: pytest.FixtureRequest, bake: Bake, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Compose]:
    require_docker()
    folder = tmp_path_factory.mktemp("development") / "my_project"
    shutil.copytree(bake(**request.param).project_path, folder, symlinks=True)
    with up(development(folder)) as compose:
        yield compose


@pytest.fixture
def site(running: Compose) -> Site:
    return Site(int(running.variables["WEB_PORT"]))


@pytest.fixture
def credentials(running: Compose) -> dict[str, str]:
    values = dotenv_values(running.project / ".env")
    return {
        "email": values["DJANGO_SUPERUSER_EMAIL"] or "",
        "password": values["DJANGO_SUPERUSER_PASSWORD"] or "",
    }


def picture() -> bytes:
    """A small PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * 24) * 8)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def mails(running: Compose) -> list[str]:
    catcher = Site(int(running.variables["MAILPIT_PORT"]))
    found = catcher.ask("GET", "/api/v1/messages").json()["messages"]
    return [address["Address"] for message in found for address in message["To"]]


def test_everything_is_healthy_and_the_release_has_ended_well(running: Compose) -> None:
    containers = running.containers()

    assert containers.keys() - {"rabbitmq"} == SERVICES | {"release"}
    assert containers["release"]["State"] == "exited"
    assert containers["release"]["ExitCode"] == 0
    assert {name for name, row in containers.items() if row["Health"] != "healthy"} == {"release"}


def test_no_process_is_roots(running: Compose) -> None:
    users = running.users()

    assert users.keys() >= SERVICES
    assert {name for name, numbers in users.items() if "0" in numbers} == set()


def test_one_signs_in_calls_uploads_and_gets_mail_that_a_worker_sends(
    running: Compose, site: Site, credentials: dict[str, str]
) -> None:
    signed_in = site.sign_in(**credentials)
    listing = {
        "title": "Sunny room", "description": "Quiet.", "kind": "room", "city": "Nairobi", "country": "KE",
        "price_per_night": "50.00", "currency": "USD", "max_guests": 2, "time_zone": "Africa/Nairobi",
    }  # fmt: skip
    made = site.ask("POST", "/api/v1/listings/", listing, **signed_in)
    assert made.status == HTTPStatus.CREATED, made.body

    uploaded = site.upload(f"/api/v1/listings/{made.json()['id']}/photos/", picture(), **signed_in)
    assert uploaded.status == HTTPStatus.CREATED, uploaded.body
    # What is written into the mounted folder belongs to whom it belonged before.
    assert {path.stat().st_uid for path in (running.project / "media").rglob("*")} == {OWNER}

    change = {"email": "new@example.com", "current_password": credentials["password"]}
    assert site.ask("PATCH", "/api/v1/users/me/", change, **signed_in).status == HTTPStatus.OK
    wait_until(lambda: "new@example.com" in mails(running))


def test_the_doctor_finds_nothing_to_complain_of(running: Compose) -> None:
    assert "no errors, no warnings" in running.manage("doctor")


def test_flower_asks_who_is_there(running: Compose) -> None:
    flower = Site(int(running.variables["FLOWER_PORT"]))

    assert flower.ask("GET", "/workers").status == HTTPStatus.UNAUTHORIZED
    assert flower.ask("GET", "/healthcheck").status == HTTPStatus.OK


def test_a_change_of_the_code_is_served_without_a_restart(running: Compose, site: Site) -> None:
    urls = running.project / "config" / "urls.py"
    text = urls.read_text(encoding="utf-8")
    changed = text.replace('path("", RedirectView', 'path("changed/", RedirectView', 1)
    assert site.ask("GET", "/changed/").status == HTTPStatus.NOT_FOUND

    urls.write_text(changed, encoding="utf-8")
    try:
        wait_until(lambda: site_answers(site, "/changed/", HTTPStatus.FOUND))
        wait_until(lambda: "change detected" in running.logs("worker"))
    finally:
        urls.write_text(text, encoding="utf-8")
    wait_until(lambda: site_answers(site, "/changed/", HTTPStatus.NOT_FOUND))


def site_answers(site: Site, path: str, status: HTTPStatus) -> bool:
    """Whether it does; while it starts anew it answers nothing."""
    try:
        return site.ask("GET", path).status == status
    except OSError:
        return False


def test_tests_run_in_a_container_too(running: Compose) -> None:
    # Those that once knew only a machine: with servers of its own, a named account, or another Python.
    tests = (
        "apps/users/tests/test_models.py",
        "tests/devtools/test_for_tests.py",
        "tests/devtools/test_services.py",
        "tests/test_environment.py",
        "tests/test_migrations.py",
        "tests/test_openapi.py",
        "tests/test_release.py",
    )

    said = running.run("--profile=tests", "run", "--rm", "--no-TTY", "tests", "pytest", "-q", "-rs", *tests)

    assert " passed" in said
    assert "There is no git history" not in said


@pytest.mark.parametrize("again", [False, True])
def test_a_volume_of_an_earlier_project_is_recognised_and_explained(
    *, again: bool, bake: Bake, tmp_path: Path
) -> None:
    require_docker()
    project = shutil.copytree(bake().project_path, tmp_path / "my_project", symlinks=True)
    compose = development(project)
    try:
        compose.run("up", "--build", "--detach", "--wait", "database")
        if again:
            set_key(project / ".env", "SERVICES_PASSWORD", "of-a-later-project", quote_mode="never")
            os.chown(project / ".env", OWNER, OWNER)

        started = compose.attempt("up", "--detach", "--wait")

        assert (started.returncode != 0) is again, started.stdout
        explained = f"The volume {compose.name}_database was made with another SERVICES_PASSWORD"
        assert (explained in compose.logs("release").replace("\n", " ")) is again
    finally:
        compose.run("down", "--volumes", "--timeout=5")
    assert compose.left() == []


def test_a_missing_password_is_asked_for_before_anything_starts(bake: Bake, tmp_path: Path) -> None:
    require_docker()
    project = shutil.copytree(bake().project_path, tmp_path / "my_project", symlinks=True)
    (project / ".env").write_text("DEBUG=true\n", encoding="utf-8")

    refused = Compose(project).attempt("up", "--detach", "--wait")

    assert refused.returncode != 0
    assert "SERVICES_PASSWORD" in refused.stdout
    assert "Type uv run just up" in refused.stdout
