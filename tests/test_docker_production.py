"""``compose.production.yaml`` of generated projects, for real: behind nginx, renewed under load, restored."""

import http.client
import os
import shutil
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from conftest import Bake
from containers import DOMAIN, Compose, Site, docker, inspect, production, require_docker, up, wait_until

pytestmark = pytest.mark.docker

SERVICES = {"web", "worker", "beat", "proxy", "database", "cache", "queue", "backup", "mail"}
RUN_ONCE = {"release", "proxy-check"}
PASSWORD = "a-good-password-1"  # pragma: allowlist secret
FIRST = "PostgreSQL and Redis"
ANSWERS: dict[str, dict[str, str]] = {
    FIRST: {},
    "MySQL and RabbitMQ": {"database": "MySQL", "broker": "RabbitMQ"},
}
MAKE_PEOPLE = f"""
from django.contrib.auth import get_user_model
from django.utils import timezone
people = get_user_model().objects
ada = people.create_user(email="ada@example.com", password="{PASSWORD}")
people.filter(pk=ada.pk).update(email_verified_at=timezone.now())
for number in range(200):
    people.create_user(email=f"person{{number}}@example.com", password=None)
"""
HANDSHAKE = (
    f"GET /socket HTTP/1.1\r\nHost: {DOMAIN}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n".encode()
)
# A site that has what ours has not: a WebSocket that repeats what it is told, and a stream of events.
STREAMS = """
import asyncio

async def serve(reader, writer):
    head = (await reader.readuntil(b"\\r\\n\\r\\n")).decode().lower()
    if "upgrade: websocket" in head:
        writer.write(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\n")
        writer.write(b"Connection: Upgrade\\r\\n\\r\\n")
        writer.write(await reader.read(100))
    else:
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: text/event-stream\\r\\nX-Accel-Buffering: no\\r\\n")
        writer.write(b"Connection: close\\r\\n\\r\\ndata: first\\n\\n")
        await writer.drain()
        await asyncio.sleep(4)
        writer.write(b"data: last\\n\\n")
    await writer.drain()
    writer.close()

async def main():
    async with await asyncio.start_server(serve, "0.0.0.0", 8000) as server:
        await server.serve_forever()

asyncio.run(main())
"""
# The number of rows of each table, and a checksum of all that is in them.
SUMS = """
import hashlib
from django.apps import apps
for model in sorted(apps.get_models(include_auto_created=True), key=lambda model: model._meta.db_table):
    rows = list(model._base_manager.order_by("pk").values_list()) if model._meta.managed else []
    print("sum", model._meta.db_table, len(rows), hashlib.sha256(repr(rows).encode()).hexdigest())
"""


@pytest.fixture(scope="module", params=list(ANSWERS.values()), ids=list(ANSWERS))
def running(
    request: pytest.FixtureRequest, bake: Bake, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Compose]:
    require_docker()
    folder = tmp_path_factory.mktemp("production") / "my_project"
    shutil.copytree(bake(**request.param).project_path, folder, symlinks=True)
    with up(production(folder)) as compose:
        compose.manage("shell", "--command", MAKE_PEOPLE)
        yield compose


# What nginx and a roll-out do is the same on each database and each broker.
once = pytest.mark.parametrize("running", [ANSWERS[FIRST]], ids=[FIRST], indirect=True)


@pytest.fixture
def site(running: Compose) -> Site:
    return site_of(running)


def site_of(compose: Compose) -> Site:
    return Site(int(compose.variables["HTTPS_PORT"]), compose.project / "certificates" / "authority.pem")


def script(compose: Compose, name: str, *arguments: str) -> str:
    """Run one of the project's scripts, as its owner would on the server."""
    # They name the compose file themselves; the mail catcher is none of their business.
    ended = subprocess.run(
        [str(compose.project / "docker" / name), *arguments],
        env={**os.environ, **compose.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def test_everything_is_healthy_and_nothing_is_roots(running: Compose) -> None:
    containers = running.containers()

    assert containers.keys() == SERVICES | RUN_ONCE
    assert {name for name in RUN_ONCE if containers[name]["ExitCode"]} == set()
    assert {name for name in SERVICES if containers[name]["Health"] != "healthy"} == set()
    assert {name for name, users in running.users().items() if "0" in users} == set()


def test_one_signs_in_through_nginx_and_gets_mail_that_a_worker_sends(running: Compose, site: Site) -> None:
    signed_in = site.sign_in("ada@example.com", PASSWORD)

    change = {"email": "new@example.com", "current_password": PASSWORD}
    assert site.ask("PATCH", "/api/v1/users/me/", change, **signed_in).status == HTTPStatus.OK

    catcher = Site(int(running.variables["MAIL_PORT"]))
    wait_until(lambda: b"new@example.com" in catcher.ask("GET", "/api/v1/messages").body)


@once
def test_nginx_says_who_calls_whatever_the_client_says(site: Site) -> None:
    forged = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "http", "X_Request_ID": "mine"}

    answer = site.ask("GET", "/admin/login/", **forged)

    # Were the client believed, this would be a redirect to https://.
    assert answer.status == HTTPStatus.OK
    assert answer.headers["x-request-id"] != "mine"
    assert answer.headers["strict-transport-security"]


@once
def test_plain_http_and_other_names_lead_nowhere_else(running: Compose, site: Site) -> None:
    plain = Site(int(running.variables["HTTP_PORT"])).ask("GET", "/admin/?a=b", Host="evil.example")

    assert plain.status == HTTPStatus.PERMANENT_REDIRECT
    assert plain.headers["location"] == f"https://{DOMAIN}/admin/?a=b"
    assert site.ask("GET", "/admin/login/", Host="evil.example").status == HTTPStatus.MISDIRECTED_REQUEST


@once
def test_answers_are_compressed_and_bodies_have_a_limit(site: Site) -> None:
    document = site.ask("GET", "/api/schema/v1/", Accept_Encoding="gzip")
    # Read to its end and then refused, or refused at once: nginx decides by the header.
    refused = site.ask("POST", "/api/v1/auth/token/", b"x" * 11_000_000, Content_Type="application/json")

    assert document.headers["content-encoding"] == "gzip"
    assert refused.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@once
def test_uploads_are_served_by_nginx_and_are_not_run(running: Compose, site: Site) -> None:
    write = "open('/app/media/a.html', 'w').write('<script>')"
    running.run("exec", "--no-TTY", "web", "python", "-c", write)

    answer = site.ask("GET", "/media/a.html")

    assert answer.body == b"<script>"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert site.ask("GET", "/media../locations.conf").status == HTTPStatus.NOT_FOUND


@pytest.fixture
def streams(running: Compose) -> Iterator[None]:
    """Have that other site in the place of ours, as a rollout would."""
    network, image = f"{running.name}_front", inspect(running.containers()["web"]["ID"], ".Config.Image")
    place = (f"--network={network}", "--network-alias=web-next")
    other = docker("run", "--detach", *place, image, "python", "-c", STREAMS).strip()
    running.run("exec", "--no-TTY", "proxy", "touch", "/tmp/rollout")
    yield
    running.run("exec", "--no-TTY", "proxy", "rm", "/tmp/rollout")
    docker("rm", "--force", other)


@once
@pytest.mark.usefixtures("streams")
def test_events_and_web_sockets_pass_through_nginx(site: Site) -> None:
    events = site.connection()
    events.request("GET", "/events", headers={"Host": DOMAIN})
    answer = events.getresponse()
    started = time.monotonic()
    first = answer.readline()
    waited = time.monotonic() - started
    rest = answer.read()
    events.close()

    socket = site.connection()
    socket.connect()
    socket.sock.sendall(HANDSHAKE)
    head = socket.sock.recv(1000)
    socket.sock.sendall(b"hello")
    echo = socket.sock.recv(100)
    socket.close()

    assert first == b"data: first\n"
    assert waited < 2, "It was held back until the answer was whole."
    assert b"data: last" in rest
    assert head.startswith(b"HTTP/1.1 101 ")
    assert echo == b"hello"


class Load(threading.Thread):
    """Requests one after the other, until it is told to stop; what became of them."""

    def __init__(self, site: Site, method: str, path: str, *, keep: bool) -> None:
        super().__init__()
        self.site, self.method, self.path, self.keep = site, method, path, keep
        self.answers: Counter[str] = Counter()
        self.is_over = threading.Event()

    def run(self) -> None:
        connection = self.site.connection()
        while not self.is_over.is_set():
            try:
                headers = {"Host": DOMAIN, "Content-Type": "application/json"}
                connection.request(self.method, self.path, b"{}" if self.method == "POST" else None, headers)
                answer = connection.getresponse()
                answer.read()
                self.answers[str(answer.status)] += 1
                if self.keep and not answer.will_close:
                    continue
            except (OSError, http.client.HTTPException) as error:
                self.answers[f"{type(error).__name__}: {error}"] += 1
            connection.close()
            connection = self.site.connection()
        connection.close()


@once
def test_a_new_version_comes_without_a_failed_request(running: Compose, site: Site) -> None:
    before = running.containers()["web"]["ID"]
    wsgi = running.project / "config" / "wsgi.py"
    wsgi.write_text(f"{wsgi.read_text(encoding='utf-8')}# A new version.\n", encoding="utf-8")
    loads = [
        Load(site, "GET", "/health/live", keep=True),
        Load(site, "GET", "/admin/login/", keep=True),
        Load(site, "GET", "/health/ready", keep=False),
        # nginx sends no POST a second time, so this one tells of every connection that was refused.
        Load(site, "POST", "/api/v1/nothing/", keep=False),
    ]
    for load in loads:
        load.start()
    try:
        time.sleep(2)
        said = script(running, "rollout.sh")
        time.sleep(2)
    finally:
        for load in loads:
            load.is_over.set()
        for load in loads:
            load.join()

    print(f"\n{ {load.path: dict(load.answers) for load in loads} }")
    assert "== Done" in said
    assert running.containers()["web"]["ID"] != before
    assert "web-next" not in running.containers()
    assert [list(load.answers) for load in loads] == [["200"], ["200"], ["200"], ["404"]]
    assert min(load.answers.total() for load in loads) > 50


@once
def test_a_version_that_cannot_start_leaves_the_old_one_serving(running: Compose, site: Site) -> None:
    before = running.containers()["web"]["ID"]
    # The settings that the image is built with do not come by here.
    wsgi = running.project / "config" / "wsgi.py"
    working = wsgi.read_text(encoding="utf-8")
    wsgi.write_text(f"{working}\nraise RuntimeError('broken')\n", encoding="utf-8")
    try:
        with pytest.raises(AssertionError, match="It failed; the old version serves as before"):
            script(running, "rollout.sh")
    finally:
        wsgi.write_text(working, encoding="utf-8")

    assert running.containers()["web"]["ID"] == before
    assert "web-next" not in running.containers()
    assert site.ask("GET", "/health/ready").status == HTTPStatus.OK
    # What starts a container next, starts the version that works.
    running.run("up", "--detach", "--wait")
    assert running.containers()["web"]["ID"] == before


def test_what_was_destroyed_comes_back_from_a_backup(running: Compose, site: Site) -> None:
    running.run("stop", "worker", "beat")
    before = sums(running)
    running.run("exec", "--no-TTY", "backup", "/backup.sh", "now")
    running.manage("shell", "--command", DESTROY)
    assert site.ask("GET", "/health/ready").status == HTTPStatus.SERVICE_UNAVAILABLE

    said = script(running, "restore.sh")

    running.run("stop", "worker", "beat")
    assert "In use: the backup." in said
    changed = {table for table in before if before[table] != sums(running)[table]}
    # The release writes the moment of the last change of the schedule.
    assert changed <= {"django_celery_beat_periodictasks"}
    assert len(before) > 15
    assert before["users_user"].startswith("201 ")
    assert site.ask("GET", "/health/ready").status == HTTPStatus.OK
    running.run("up", "--detach", "--wait")


DESTROY = """
from django.db import connection
with connection.cursor() as cursor:
    for table in connection.introspection.table_names():
        cascade = " CASCADE" if connection.vendor == "postgresql" else ""
        if connection.vendor == "mysql":
            cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}{cascade}")
"""


def sums(compose: Compose) -> dict[str, str]:
    said = compose.manage("shell", "--command", SUMS).splitlines()
    rows = [line.split(maxsplit=2) for line in said if line.startswith("sum ")]
    return {table: number_and_sum for _, table, number_and_sum in rows}


def test_a_restore_of_nothing_changes_nothing(running: Compose, site: Site) -> None:
    with pytest.raises(AssertionError, match="There is no backup nothing"):
        script(running, "restore.sh", "nothing")

    assert site.ask("GET", "/health/ready").status == HTTPStatus.OK


@pytest.fixture(scope="module")
def unstarted(bake: Bake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    require_docker()
    folder = tmp_path_factory.mktemp("unstarted") / "my_project"
    return Path(shutil.copytree(bake().project_path, folder, symlinks=True))


def test_what_is_missing_is_said_once_and_nothing_else_starts(unstarted: Path) -> None:
    compose = production(unstarted, EMAIL_URL="")
    shutil.rmtree(unstarted / "certificates")
    (unstarted / "certificates").mkdir()
    try:
        compose.run("build", "release")

        refused = compose.attempt("up", "--detach", "--wait")

        assert refused.returncode != 0
        said = compose.logs("release", "proxy-check")
        assert "EMAIL_URL is missing" in said
        assert said.count("The environment is not complete") == 1
        assert "There is no fullchain.pem" in said
        assert not {"web", "worker", "beat", "proxy"} & {
            name for name, row in compose.containers().items() if row["State"] in ("running", "restarting")
        }
    finally:
        compose.run("down", "--volumes", "--timeout=5")
    assert compose.left() == []
