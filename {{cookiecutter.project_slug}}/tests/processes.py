"""Run the project as a server would: in processes of its own, with production's settings."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
from celery import current_app
from django.conf import settings
from django.db import connection

from config.database import SCHEMES

# A task can be sent only by who knows it: the tests, like their workers, know these.
from tests import probe_tasks  # noqa: F401 - importing registers them

HOST = "shop.example.com"
# What the proxy in front of a site adds to a request.
THROUGH_PROXY = {"Host": HOST, "X-Forwarded-Proto": "https"}
GUNICORN = ("gunicorn", "--config", "config/gunicorn.py", "config.wsgi")
# The proxy stands on another machine: gunicorn believes by itself what one on its own machine says.
PROXY = "192.0.2.1"
PROJECT_DIR = Path(__file__).resolve().parent.parent
# For what ends in seconds on an idle machine: no test is about speed.
DEADLINE_SECONDS = 90


def production_environment(**changes: str | None) -> dict[str, str]:
    """A complete environment for production, connected to the services of the tests.

    Args:
        changes: Variables to set instead, or to leave out where the value is None.
    """
    variables: dict[str, str | None] = {
        "PATH": os.environ["PATH"],
        # Without it, Windows cannot open sockets.
        "SYSTEMROOT": os.environ.get("SYSTEMROOT"),
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "SECRET_KEY": "a-key-for-tests-" + "0123456789" * 5,
        **signing_keys(),
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": database_url(),
        "REDIS_URL": os.environ["REDIS_URL"],
        "CELERY_BROKER_URL": str(settings.CELERY_BROKER_URL),
        "EMAIL_URL": "smtp://127.0.0.1:1",
        **changes,
    }
    return {name: value for name, value in variables.items() if value is not None}


def signing_keys() -> dict[str, str]:
    """A value for each further key that production requires."""
    # Importing it reads the environment; the settings of the tests, once they are loaded, complete it.
    settings.SECRET_KEY  # noqa: B018
    from config.env import Environment  # noqa: PLC0415

    names = [name for name in Environment.model_fields if name.endswith("_SIGNING_KEY")]
    return {name: f"{name}-for-tests-" + "0123456789" * 5 for name in names}


def database_url() -> str:
    """The address of the database that the tests use, as a variable would hold it."""
    database = connection.settings_dict
    password = quote(database["PASSWORD"], safe="")
    host = f"{database['HOST']}:{database['PORT']}"
    return f"{SCHEMES[0]}://{database['USER']}:{password}@{host}/{database['NAME']}"


def cut_other_connections() -> None:
    """End every connection to the database of the tests but this one, as a restart of the server does."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return
        cursor.execute(
            "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
        )
        for (number,) in cursor.fetchall():
            cursor.execute(f"KILL {number}")


def run_python(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder and return what it printed and how it ended."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )


@contextmanager
def running(*arguments: str, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Keep ``python -m …`` running inside the block; its output goes to the file ``log``."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=PROJECT_DIR,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A group of its own, so that a test can kill it with its children.
            start_new_session=True,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=DEADLINE_SECONDS)


class SiteDied(Exception):
    """The site ended before it answered; its log says why."""


@contextmanager
def site(environment: dict[str, str], *, log: Path) -> Iterator[httpx.Client]:
    """Run gunicorn inside the block; a client that says nothing of a proxy and follows no redirects.

    Raises:
        SiteDied: Something in the environment or the settings kept it from starting.
    """
    port = free_port()
    variables = {
        "WEB_CONCURRENCY": "1",
        "FORWARDED_ALLOW_IPS": PROXY,
        **environment,
        "PORT": str(port),
    }
    address = f"http://127.0.0.1:{port}"
    with running(*GUNICORN, environment=variables, log=log) as process:
        wait_until(lambda: process.poll() is not None or answers(f"{address}/health/live"), log=log)
        if process.poll() is not None:
            raise SiteDied
        with httpx.Client(base_url=address) as client:
            yield client


@contextmanager
def flower(environment: dict[str, str], *, log: Path) -> Iterator[str]:
    """Run Flower inside the block; its address.

    Raises:
        SiteDied: It ended before it answered; its log says why.
    """
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = ("celery", "-A", "config", "flower", f"--port={port}")
    with running(*command, environment=environment, log=log) as process:
        wait_until(lambda: process.poll() is not None or answers(f"{address}/healthcheck"), log=log)
        if process.poll() is not None:
            raise SiteDied
        try:
            yield address
        finally:
            # Flower 2.2 can miss SIGTERM in the middle of an answer, and has nothing to lose.
            process.kill()


def without_flower() -> dict[str, str]:
    """Our own environment, without anything that Flower would read out of it."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLOWER_")}
    return {**inherited, "DATABASE_URL": database_url()}


def worker(log: Path, **variables: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Run a worker on the queues, database and Redis of the tests.

    Args:
        variables: Of the environment, to set instead.
    """
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "LOG_LEVEL": "INFO",
        # One task after the other, so that a test can tell their order.
        "CELERY_WORKER_CONCURRENCY": "1",
        # Long enough that Redis never takes a slow worker for a vanished one, and gives its tasks away.
        "CELERY_VISIBILITY_TIMEOUT": "3600",
        **variables,
    }
    # Nobody else is there whom it could meet at its start, which takes a second.
    alone = ("--without-mingle", "--without-gossip")
    command = ("celery", "-A", "config", "worker", *alone, "--include=tests.probe_tasks")
    return running(*command, environment=environment, log=log)


def wait_until(condition: Callable[[], object], *, log: Path) -> None:
    """Wait for ``condition``; past the deadline, fail with what the process had printed."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def is_task_accepted() -> bool:
    """Whether a worker counts a task as running; where tasks are acknowledged early, this one is by then."""
    answers = current_app.control.inspect(timeout=1).active() or {}
    return any(answers.values())


@contextmanager
def mute_server() -> Iterator[int]:
    """The port of a server that takes connections and never says a word, as behind a bad firewall."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(url: str) -> bool:
    """Whether an HTTP server listens at ``url``."""
    try:
        httpx.get(url)
    except httpx.TransportError:
        return False
    return True
