"""The image of a generated project: built, looked into, and run as a platform would."""

import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from containers import (
    DOMAIN,
    Site,
    build,
    docker,
    free_port,
    inspect,
    require_docker,
    try_docker,
    users_in,
    wait_until,
)

pytestmark = pytest.mark.docker

BASE = "python:3.13-slim-trixie"
# What we put on top of the base image, which differs from one place to the next.
MOST_OF_OURS = 190_000_000
COMPLETE = {
    "SECRET_KEY": "a-key-for-tests-" + "0123456789" * 5,
    "JWT_SIGNING_KEY": "another-for-tests-" + "0123456789" * 5,
    "ALLOWED_HOSTS": DOMAIN,
    "DATABASE_URL": "postgres://postgres:secret@database:5432/postgres",
    "REDIS_URL": "redis://redis:6379/1",
    "CELERY_BROKER_URL": "redis://redis:6379/0",
    "EMAIL_URL": "smtp://127.0.0.1:1025",
}
THROUGH_PROXY = {"Host": DOMAIN, "X_Forwarded_Proto": "https"}
RESTRICTED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp")
IMPORT_EVERYTHING = """
import importlib, pkgutil
import config.settings.build, config.wsgi, config.asgi, apps
names = [module.name for module in pkgutil.walk_packages(apps.__path__, "apps.")]
for name in names:
    importlib.import_module(name)
print(len(names), "modules")
"""
UPLOAD = """
from io import BytesIO
from django.contrib.auth import get_user_model
from PIL import Image
from rest_framework.test import APIClient
from apps.bookings.models import Listing
from apps.bookings.services import create_listing
owner = get_user_model().objects.create_user(email="owner@example.com", password=None)
place = {"city": "Nairobi", "country": "KE", "time_zone": "Africa/Nairobi"}
offer = {"kind": Listing.Kind.ROOM, "price_per_night": "50.00", "currency": "USD", "max_guests": 2}
listing = create_listing(owner=owner, title="A", description="B", is_published=True, **place, **offer)
picture = BytesIO()
Image.effect_noise((1500, 1500), 100).save(picture, "PNG")
picture.seek(0)
picture.name = "view.png"
client = APIClient(raise_request_exception=False, SERVER_NAME="shop.example.com")
client.force_authenticate(owner)
answer = client.post(f"/api/v1/listings/{listing.pk}/photos/", {"image": picture}, format="multipart",
    secure=True)
print("answered", answer.status_code, answer.json().get("code"))
"""


@pytest.fixture(scope="module")
def project(baked_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as it lies on a developer's disk, with what must not get into an image."""
    require_docker()
    folder = tmp_path_factory.mktemp("image") / baked_project.name
    shutil.copytree(baked_project, folder, symlinks=True)
    for name in (".venv/secret", "media/secret", "id_rsa", "apps/users/.env", ".env.production", "dump.sql"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("secret")
    return folder


@pytest.fixture(scope="module")
def image(project: Path) -> Iterator[str]:
    tag = f"test-image-{os.getpid()}"
    build(project, tag)
    yield tag
    try_docker("image", "rm", "--force", tag)


@pytest.fixture(scope="module")
def network(image: str) -> Iterator[str]:
    """A network with a PostgreSQL, whose tables are made, and a Redis."""
    name = f"test-network-{os.getpid()}"
    names = {"database": f"{name}-database", "redis": f"{name}-redis"}
    docker("network", "create", name)
    common = ("run", "--detach", f"--network={name}")
    docker(
        *common, f"--name={names['database']}", "--network-alias=database", "--env=POSTGRES_PASSWORD=secret",
        "postgres:18",
    )  # fmt: skip
    docker(*common, f"--name={names['redis']}", "--network-alias=redis", "redis:8")
    released = run_image(image, "python", "manage.py", "release", network=name, options=RESTRICTED)
    assert released.returncode == 0, released.stdout
    yield name
    try_docker("rm", "--force", "--volumes", *names.values())
    try_docker("network", "rm", name)


def variables(**changes: str) -> list[str]:
    values = {**COMPLETE, **changes}
    return [f"--env={name}={value}" for name, value in values.items() if value]


def run_image(
    image: str, *command: str, network: str = "none", options: tuple[str, ...] = (), **changes: str
) -> subprocess.CompletedProcess[str]:
    return try_docker("run", "--rm", f"--network={network}", *options, *variables(**changes), image, *command)


class Container:
    """A site that runs in the background."""

    def __init__(self, image: str, network: str, *options: str, **changes: str) -> None:
        self.port = free_port()
        publish = f"--publish=127.0.0.1:{self.port}:8000"
        arguments = (f"--network={network}", publish, *options, *variables(**changes), image)
        self.id = docker("run", "--detach", *arguments).strip()
        self.site = Site(self.port)

    def wait_until_healthy(self) -> None:
        wait_until(lambda: inspect(self.id, ".State.Health.Status") == "healthy")


@pytest.fixture
def site(image: str, network: str) -> Iterator[Container]:
    """The site, with as few rights as a container can have."""
    container = Container(image, network, *RESTRICTED)
    container.wait_until_healthy()
    yield container
    try_docker("rm", "--force", container.id)


# What is in it


def test_what_is_sent_to_the_builder_is_what_an_image_needs(project: Path, tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\nCOPY . /\n")

    docker(
        "build", f"--file={dockerfile}", f"--output=type=local,dest={tmp_path / 'context'}", ".", cwd=project
    )

    sent = {path.relative_to(tmp_path / "context") for path in (tmp_path / "context").rglob("*")}
    assert {path.parts[0] for path in sent} == {
        "apps",
        "config",
        "docker",
        "flowerconfig.py",
        "manage.py",
        "pyproject.toml",
        "uv.lock",
    }
    assert {path for path in sent if path.parts[0] == "docker"} == {
        Path("docker"),
        Path("docker/healthcheck.py"),
    }
    unwanted = {path for path in sent if path.name in {"tests", "__pycache__"} or path.name.startswith(".")}
    assert unwanted == set()


def test_ours_of_the_image_is_small(image: str) -> None:
    ours = inspect(image, ".Size") - inspect(BASE, ".Size")

    history = docker("history", "--format={{.Size}}\t{{.CreatedBy}}", image)
    print(f"\n{ours / 1e6:.0f} MB on top of {BASE}\n{history}")
    assert ours < MOST_OF_OURS, history


def test_nothing_in_it_installs_compiles_or_remembers(image: str) -> None:
    wanted = "uv uvx gcc cc g++ make cargo git"
    script = (
        f"for name in {wanted}; do command -v $name; done; "
        "ls -d /root/.cache /app/.env /app/.git /app/.venv /app/tests /app/devtools 2>/dev/null; true"
    )

    assert run_image(image, "sh", "-c", script).stdout == ""


def test_everything_in_it_can_be_imported(image: str) -> None:
    ended = run_image(
        image, "python", "-c", IMPORT_EVERYTHING, DJANGO_SETTINGS_MODULE="config.settings.build"
    )

    assert re.search(r"^\d{2,} modules$", ended.stdout, re.MULTILINE), ended.stdout


def test_gunicorn_accepts_its_configuration(image: str) -> None:
    command = ("gunicorn", "--config=config/gunicorn.py", "--check-config", "config.wsgi")

    assert run_image(image, *command, options=RESTRICTED).returncode == 0


def test_it_says_what_it_is(project: Path, image: str) -> None:
    build(project, image, "--build-arg=VERSION=1.2.3", "--build-arg=REVISION=0123abc")

    labels = inspect(image, ".Config.Labels")
    assert labels["org.opencontainers.image.title"] == "my_project"
    assert labels["org.opencontainers.image.version"] == "1.2.3"
    assert labels["org.opencontainers.image.revision"] == "0123abc"


def test_a_change_of_the_code_makes_one_layer_anew(project: Path, image: str) -> None:
    before = inspect(image, ".RootFS.Layers")
    urls = project / "config" / "urls.py"
    urls.write_text(urls.read_text(encoding="utf-8") + f"\n# Changed at {time.time()}.\n", encoding="utf-8")

    started = time.monotonic()
    build(project, image)
    seconds = time.monotonic() - started

    after = inspect(image, ".RootFS.Layers")
    print(f"\nThe image was made again in {seconds:.0f} s.")
    assert len(before) == len(after)
    assert before[:-1] == after[:-1]
    assert before[-1] != after[-1]


# How it runs


def test_it_serves_without_root_rights_or_a_disk_to_write_to(site: Container) -> None:
    answer = site.site.ask("GET", "/health/ready", **THROUGH_PROXY)

    assert answer.status == HTTPStatus.OK, answer.body
    assert users_in(site.id) == {"10001"}
    assert site.site.ask("GET", "/admin/login/", **THROUGH_PROXY).status == HTTPStatus.OK


def test_its_static_files_are_in_it(site: Container) -> None:
    page = site.site.ask("GET", "/admin/login/", **THROUGH_PROXY).body.decode()
    [style, *_] = re.findall(r'href="(/static/[^"]+\.css)"', page)

    answer = site.site.ask("GET", style, Accept_Encoding="br", **THROUGH_PROXY)

    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["content-encoding"] == "br"


def test_a_request_that_runs_when_it_is_told_to_stop_is_answered(site: Container) -> None:
    connection = site.site.connection()
    connection.putrequest("POST", "/api/v1/auth/token/", skip_host=True)
    body = b'{"email": "nobody@example.com", "password": "wrong"}'
    headers = {**THROUGH_PROXY, "Content_Type": "application/json", "Content_Length": str(len(body))}
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders(body[:10])
    time.sleep(1)
    stopping = threading.Thread(target=docker, args=("stop", "--time=30", site.id))
    stopping.start()
    time.sleep(2)

    connection.send(body[10:])
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    stopping.join()

    assert answer.status == HTTPStatus.UNAUTHORIZED, said
    assert inspect(site.id, ".State.ExitCode") == 0


def test_it_stops_at_once_when_nothing_runs(site: Container) -> None:
    started = time.monotonic()
    docker("stop", "--time=30", site.id)

    assert time.monotonic() - started < 10
    assert inspect(site.id, ".State.ExitCode") == 0


def test_a_full_disk_is_told_to_the_client_and_in_the_log(image: str, network: str) -> None:
    small = ("--tmpfs=/app/media:size=64k,uid=10001", "--read-only", "--tmpfs=/tmp")

    ended = run_image(image, "python", "manage.py", "shell", "-c", UPLOAD, network=network, options=small)

    assert "answered 507 insufficient_storage" in ended.stdout, ended.stdout
    assert '"disk_full"' in ended.stdout


# What it says when it cannot start


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("celery", "-A", "config", "worker"),
        ("celery", "-A", "config", "beat"),
        ("python", "manage.py", "release"),
    ],
)
def test_a_missing_variable_ends_it_once_with_its_name(image: str, command: tuple[str, ...]) -> None:
    ended = run_image(image, *command, SECRET_KEY="", EMAIL_URL="", options=RESTRICTED)

    assert ended.returncode == 1
    assert "SECRET_KEY is missing." in ended.stdout
    assert "EMAIL_URL is missing" in ended.stdout
    assert "Traceback" not in ended.stdout


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgres://postgres:wrong@database:5432/postgres", "refuses the role or its password"),
        ("postgres://postgres:secret@database:5432/nothing", "no database of the name"),
        ("postgres://postgres:secret@database:9/postgres", "Nothing listens at the host and port"),
        (
            "postgres://postgres:secret@nowhere:5432/postgres",
            "The host name in DATABASE_URL is unknown here.",
        ),
    ],
)
def test_a_release_without_its_database_says_why(image: str, network: str, address: str, said: str) -> None:
    command = ("python", "manage.py", "release", "--timeout=2")

    ended = run_image(image, *command, network=network, DATABASE_URL=address)

    assert ended.returncode == 1
    assert said in ended.stdout
    assert "Traceback" not in ended.stdout


def test_a_release_waits_for_a_database_that_is_on_its_way(image: str, network: str) -> None:
    name = f"{network}-late"
    late = ("--detach", f"--name={name}", f"--network={network}", "--env=POSTGRES_PASSWORD=secret")
    docker("create", *late[1:], "postgres:18")
    starting = threading.Timer(5, docker, args=("start", name))
    starting.start()
    try:
        address = f"postgres://postgres:secret@{name}:5432/postgres"

        ended = run_image(image, "python", "manage.py", "release", network=network, DATABASE_URL=address)

        assert ended.returncode == 0, ended.stdout
    finally:
        starting.join()
        try_docker("rm", "--force", "--volumes", name)


def test_a_port_that_is_taken_is_told_by_docker(image: str, site: Container) -> None:
    ended = try_docker("run", "--rm", f"--publish=127.0.0.1:{site.port}:8000", *variables(), image)

    assert ended.returncode == 125
    assert re.search(r"port is already allocated|address already in use", ended.stdout)
