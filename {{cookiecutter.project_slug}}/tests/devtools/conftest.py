"""What these tests share: a home for servers, an empty project, and processes to recognise."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from devtools import homes, redis_server, services
from devtools.errors import DevtoolsError
from devtools.for_tests import PROJECT
from devtools.homes import Home
from devtools.processes import ProcessId


@pytest.fixture
def home() -> Iterator[Home]:
    """A home in a place that the servers' account can reach."""
    made = services.make_temporary_home(PROJECT)
    yield made
    services.remove_temporary_home(made)


@pytest.fixture(scope="session")
def account_with_a_name() -> None:
    """PostgreSQL runs for no other, and in a container a number may be all that there is."""
    if psutil.Process().username().isdigit():
        pytest.skip("This account has no name, which PostgreSQL asks for; the database is elsewhere.")


@pytest.fixture
def home_for_redis(home: Home) -> Home:
    """A home on a machine that can start a Redis; where it is given by its address, there need be none."""
    try:
        redis_server.find_program(home)
    except DevtoolsError:
        pytest.skip("There is no Redis server on this machine, and no wheel brings one for this Python.")
    return home


@pytest.fixture
def project(tmp_path: Path, home_for_redis: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder whose Redis is to be started; its database is given, and its queue is in Redis."""
    monkeypatch.setattr(homes, "home_of", lambda _project: home_for_redis)
    monkeypatch.setenv("DATABASE_URL", "postgres://app:secret@127.0.0.1:5432/app")
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    monkeypatch.delitem(services.SERVICES, "rabbitmq", raising=False)
    return tmp_path


@pytest.fixture
def start_sleeper() -> Iterator[Callable[[], ProcessId]]:
    """Starts processes that do nothing, and would for a minute."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> ProcessId:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        started.append(child)
        return ProcessId.of(psutil.Process(child.pid))

    yield start
    for child in started:
        child.kill()
        child.wait()
