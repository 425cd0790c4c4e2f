"""Builds images and runs compose files of generated projects, with whatever Docker answers here."""

import http.client
import io
import json
import os
import secrets
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from dotenv import dotenv_values

BUILD_SECONDS = 900
DOMAIN = "shop.example.com"
# What containers write belongs to this user, also where the tests are run by root.
OWNER = 1000


def require_docker() -> None:
    """Skip, and say why, where there is no Docker to talk to."""
    if not shutil.which("docker"):
        pytest.skip("There is no program `docker` on PATH.")
    asked = subprocess.run(["docker", "compose", "ls"], capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.skip(f"Docker does not answer: {asked.stderr.strip()}")


class NamedConnection(http.client.HTTPSConnection):
    """A connection to this machine that asks for another name, as a browser would behind its DNS."""

    def __init__(self, port: int, authority: Path) -> None:
        super().__init__(DOMAIN, port, timeout=60, context=ssl.create_default_context(cafile=str(authority)))

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self.port), self.timeout)
        self.sock = self._context.wrap_socket(plain, server_hostname=DOMAIN)  # type: ignore[attr-defined]


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """Asks a running site; each request on a connection of its own."""

    port: int
    authority: Path | None = None

    def connection(self) -> http.client.HTTPConnection:
        if self.authority:
            return NamedConnection(self.port, self.authority)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.authority:
            sent.setdefault("Host", DOMAIN)
        if body is not None and not isinstance(body, bytes):
            body, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        connection = self.connection()
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            names = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, names, answer.read())
        finally:
            connection.close()

    def sign_in(self, email: str, password: str) -> dict[str, str]:
        answer = self.ask("POST", "/api/v1/auth/token/", {"email": email, "password": password})
        assert answer.status == http.HTTPStatus.OK, answer.body
        return {"Authorization": f"Bearer {answer.json()['access']}"}

    def upload(self, path: str, content: bytes, **headers: str) -> Answer:
        """Send a picture as a form does."""
        parts = (
            b"--part",
            b'Content-Disposition: form-data; name="image"; filename="view.png"',
            b"Content-Type: image/png",
            b"",
            content,
            b"--part--",
            b"",
        )
        return self.ask(
            "POST", path, b"\r\n".join(parts), Content_Type="multipart/form-data; boundary=part", **headers
        )


def wait_until(condition: Any, seconds: float = 60) -> Any:
    """Wait for what the function returns to be true; return it."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        assert time.monotonic() < deadline, condition
        time.sleep(0.2)
    return result


def docker(*arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run docker to its end; what it printed. A failure is one of the test."""
    ended = try_docker(*arguments, cwd=cwd, env=env)
    assert ended.returncode == 0, f"docker {' '.join(arguments)}\n{ended.stdout}"
    return ended.stdout


def try_docker(
    *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["docker", *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )


def build(project: Path, tag: str, *options: str) -> str:
    """Make the image of a project; what the builder printed."""
    return docker(
        "build", "--progress=plain", "--file=docker/Dockerfile", f"--tag={tag}", *options, ".", cwd=project
    )


def inspect(name: str, expression: str) -> Any:
    return json.loads(docker("inspect", f"--format={{{{json {expression}}}}}", name))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Compose:
    """The compose file of a project under a name of its own, so that nothing else on this engine is met."""

    project: Path
    files: tuple[str, ...] = ("compose.yaml",)
    env_file: str = ".env"
    variables: dict[str, str] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"test-{secrets.token_hex(4)}")

    def run(self, *arguments: str, **variables: str) -> str:
        ended = self.attempt(*arguments, **variables)
        assert ended.returncode == 0, f"{' '.join(arguments)}\n{ended.stdout}\n{self.logs()}"
        return ended.stdout

    def attempt(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        files = [f"--file={name}" for name in self.files]
        options = ("compose", *files, f"--env-file={self.env_file}", *arguments)
        return try_docker(*options, cwd=self.project, env=self.environment | variables)

    @property
    def environment(self) -> dict[str, str]:
        return {"COMPOSE_PROJECT_NAME": self.name, **self.variables}

    def logs(self, *services: str) -> str:
        return self.attempt("logs", "--no-color", "--tail=60", *services).stdout

    def manage(self, *arguments: str, service: str = "web") -> str:
        return self.run("exec", "--no-TTY", service, "python", "manage.py", *arguments)

    def containers(self) -> dict[str, dict[str, Any]]:
        """Each service with what Compose tells of it."""
        lines = self.run("ps", "--all", "--format=json").splitlines()
        rows = [row for line in lines for row in flat(json.loads(line))]
        return {row["Service"]: row for row in rows}

    def users(self) -> dict[str, set[str]]:
        """By which users, as numbers, the processes of each running service are run."""
        running = {name: row["ID"] for name, row in self.containers().items() if row["State"] == "running"}
        return {name: users_in(container) for name, container in running.items()}

    def left(self) -> list[str]:
        """What is left on the engine of this project."""
        label = f"--filter=label=com.docker.compose.project={self.name}"
        kinds = (("ps", "--all"), ("network", "ls"), ("volume", "ls"))
        return [line for kind in kinds for line in docker(*kind, "--quiet", label).splitlines()]


def flat(value: Any) -> list[Any]:
    """Compose prints a line for each container, or one list, depending on its version."""
    return value if isinstance(value, list) else [value]


def users_in(container: str) -> set[str]:
    # Docker wants the number of each process in the answer.
    rows = docker("top", container, "-eo", "pid,uid").splitlines()[1:]
    return {row.split()[1] for row in rows}


@contextmanager
def up(compose: Compose, *options: str) -> Iterator[Compose]:
    """Have everything running and healthy inside the block, and nothing left after it."""
    try:
        compose.run("up", "--build", "--detach", "--wait", *options)
        yield compose
    finally:
        compose.attempt("--profile=*", "down", "--volumes", "--remove-orphans", "--timeout=20")


def development(project: Path) -> Compose:
    """The compose file of development, on free ports; the project is given to a user who is not root."""
    ports = {name: str(free_port()) for name in ("WEB_PORT", "MAILPIT_PORT", "FLOWER_PORT")}
    give(project)
    return Compose(project, variables={**ports, "HOST_UID": str(OWNER), "HOST_GID": str(OWNER)})


def give(folder: Path, owner: int = OWNER) -> None:
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)


def production(project: Path, **settings: str) -> Compose:
    """The compose file of production, filled in, with a certificate and a mail catcher of its own."""
    example = (project / ".env.production.example").read_text(encoding="utf-8")
    filled = {
        name: secrets.token_hex(32)
        for name, value in dotenv_values(stream=io.StringIO(example)).items()
        if not value
    }
    ports = {name: str(free_port()) for name in ("HTTP_PORT", "HTTPS_PORT", "MAIL_PORT")}
    values = {
        **filled,
        "DOMAIN": DOMAIN,
        "EMAIL_URL": "smtp://mail:1025",
        "IMAGE": f"test-{secrets.token_hex(4)}",
        **ports,
        **settings,
    }
    text = "".join(f"{name}={value}\n" for name, value in values.items())
    (project / ".env.production").write_text(text, encoding="utf-8")
    (project / "mail.yaml").write_text(MAIL_CATCHER, encoding="utf-8")
    certify(project / "certificates")
    files = ("compose.production.yaml", "mail.yaml")
    return Compose(project, files=files, env_file=".env.production", variables=ports)


MAIL_CATCHER = """\
services:
  mail:
    image: axllent/mailpit:v1.27
    user: "1000:1000"
    networks: [outside]
    ports: ["127.0.0.1:${MAIL_PORT}:8025"]
"""
# Of the image of nginx.
NGINX = 101


def certify(folder: Path) -> None:
    folder.mkdir()
    authority = trustme.CA()
    certificate = authority.issue_cert(DOMAIN)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    certificate.private_key_pem.write_to_path(str(folder / "privkey.pem"))
    for part in certificate.cert_chain_pems:
        part.write_to_path(str(folder / "fullchain.pem"), append=True)
    give(folder, NGINX)
