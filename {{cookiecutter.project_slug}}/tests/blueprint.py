"""Read ``render.yaml``, and run a service of it here as Render does, with a database and Redis of its own.

    uv run python -m tests.blueprint start worker
    uv run python -m tests.blueprint start web deploy/render/free.yaml

prints what the service prints until it ends, or for some seconds; then it is stopped.
"""

import base64
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from devtools import services
from tests import processes

PAID = "render.yaml"
FREE = "deploy/render/free.yaml"
# What the platform reads itself, and what it sets.
READ_BY_RENDER = frozenset({"PYTHON_VERSION", "UV_VERSION"})
HOST = "a-name-1a2b.onrender.com"
WATCHED_SECONDS = 15
COMMENTED = re.compile(r"^ *# - key: (\w+)\n *#   (\w+): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """What only the platform and its user know."""

    database: str
    store: str
    asked: Mapping[str, str]


@dataclass(frozen=True)
class Blueprint:
    """A file in Render's language."""

    path: str

    @cached_property
    def text(self) -> str:
        return (processes.PROJECT_DIR / self.path).read_text(encoding="utf-8")

    @cached_property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = yaml.safe_load(self.text)
        return document

    @property
    def processes(self) -> list[dict[str, Any]]:
        """The services that run our code."""
        return [service for service in self.document["services"] if service["type"] != "keyvalue"]

    @property
    def stores(self) -> list[str]:
        return [service["name"] for service in self.document["services"] if service["type"] == "keyvalue"]

    @property
    def groups(self) -> dict[str, list[dict[str, Any]]]:
        return {group["name"]: group["envVars"] for group in self.document.get("envVarGroups", [])}

    def process(self, role: str) -> dict[str, Any]:
        """The service whose name ends in ``role``, such as ``worker``."""
        return next(service for service in self.processes if service["name"].endswith(f"-{role}"))

    def entries(self, service: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The variables of a service, those of its groups first: its own win."""
        for entry in service["envVars"]:
            if "fromGroup" in entry:
                yield from self.groups[entry["fromGroup"]]
        yield from (entry for entry in service["envVars"] if "key" in entry)

    def environment(self, service: Mapping[str, Any], found: Found) -> dict[str, str]:
        """What the service finds in its environment."""
        return {entry["key"]: self.value(entry, found) for entry in self.entries(service)}

    def value(self, entry: Mapping[str, Any], found: Found) -> str:
        if "value" in entry:
            return as_text(entry["value"])
        if "generateValue" in entry:
            return base64.b64encode(secrets.token_bytes(32)).decode()
        if "sync" in entry:
            return found.asked[entry["key"]]
        if "fromDatabase" in entry:
            return found.database
        source = entry["fromService"]
        if "envVarKey" in source:
            other = next(service for service in self.processes if service["name"] == source["name"])
            return self.environment(other, found)[source["envVarKey"]]
        # Each is a server of its own; here they are databases of one.
        number = self.stores.index(source["name"])
        return f"{found.store}/{number}" if len(self.stores) > 1 else found.store


def as_text(value: object) -> str:
    """As the platform hands over what YAML takes for a number or a truth value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def found_here() -> Iterator[Found]:
    """Servers for the block, empty ones, apart from those of development and of other tests."""
    with services.temporary_services(processes.PROJECT_DIR, services.SERVICES) as variables:
        redis = urlsplit(variables["REDIS_URL"])._replace(path="").geturl()
        yield Found(variables["DATABASE_URL"], redis, answers(variables))


def answers(variables: Mapping[str, str]) -> dict[str, str]:
    """What a user answers when the platform asks, where it cannot know itself."""
    return {
        "SECRET_KEY": "a-key-for-tests-" + "0123456789" * 5,
        **processes.signing_keys(),
        "EMAIL_URL": "smtp://user:password@mail.example.com:2525",
        **variables,
    }


def variables_for(blueprint: Blueprint, service: Mapping[str, Any], found: Found) -> dict[str, str]:
    """The whole environment: the service's own, the platform's, and what a program needs here."""
    inherited = ("PATH", "HOME", "UV_CACHE_DIR", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON_DOWNLOADS")
    return {
        **{name: os.environ[name] for name in inherited if name in os.environ},
        "PORT": str(processes.free_port()),
        "RENDER": "true",
        "RENDER_EXTERNAL_HOSTNAME": HOST,
        "RENDER_EXTERNAL_URL": f"https://{HOST}",
        **blueprint.environment(service, found),
    }


def call(command: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a shell, as builds and releases are."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=processes.PROJECT_DIR,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@contextmanager
def started(
    service: Mapping[str, Any], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep the start command running inside the block; its output goes to the file ``log``."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["bash", "-c", service["startCommand"]],
            cwd=processes.PROJECT_DIR,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=processes.DEADLINE_SECONDS)


def answers_at(port: str) -> bool:
    """Whether a server listens at the port that the platform gave."""
    return processes.answers(f"http://127.0.0.1:{port}/health/live")


def watch(blueprint: Blueprint, role: str, log: Path) -> Iterator[str]:
    """Start a service after the release, if there is one, and tell what is seen from outside."""
    service = blueprint.process(role)
    with found_here() as found:
        environment = variables_for(blueprint, service, found)
        if released := blueprint.process("web").get("preDeployCommand"):
            call(released, environment)
        with started(service, environment, log) as process:
            deadline = time.monotonic() + WATCHED_SECONDS
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.2)
            has_port = service["type"] != "web" or answers_at(environment["PORT"])
            status = process.poll()
        yield log.read_text(encoding="utf-8", errors="replace")
    if not has_port:
        yield f"No open port detected: nothing listens at $PORT, which is {environment['PORT']}."
    yield "It works." if status is None and has_port else f"It does not work. Exit status: {status}"


def main(arguments: list[str]) -> int:
    # These settings bring the tests' own services, which are of no use here: ours are apart.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    verb, role, *path = arguments
    if verb != "start":
        sys.stderr.write(f"{__doc__}\n")
        return 2
    log = processes.PROJECT_DIR / ".local" / "blueprint.log"
    log.parent.mkdir(exist_ok=True)
    say(watch(Blueprint(*path or [PAID]), role, log))
    return 0


def say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
