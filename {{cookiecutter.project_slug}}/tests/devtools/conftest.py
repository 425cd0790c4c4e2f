"""What these tests share: a home for servers, an empty project, and processes to recognise."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from devtools import homes, services
from devtools.for_tests import PROJECT
from devtools.homes import Home
from devtools.processes import ProcessId


@pytest.fixture
def home() -> Iterator[Home]:
    """A home in a place that the servers' account can reach."""
    made = services.make_temporary_home(PROJECT)
    yield made
    services.remove_temporary_home(made)


@pytest.fixture
def project(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder whose Redis is to be started; its database is given, and its queue is in Redis."""
    monkeypatch.setattr(homes, "home_of", lambda _project: home)
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
