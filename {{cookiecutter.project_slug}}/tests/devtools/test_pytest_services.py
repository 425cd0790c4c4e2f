import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import ports
from devtools.pytest_services import PROJECT

PORTS = """
import os
from urllib.parse import urlsplit

def test_ports():
    urls = [os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")]
    print("urls", *urls)
    assert not "a failure"
"""


def run_pytest(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a test that prints the URLs and fails, in a process of its own."""
    (folder / "test_ports.py").write_text(PORTS)
    (folder / "pytest.ini").write_text("[pytest]\n")
    urls = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if name not in urls}
    command = [sys.executable, "-m", "pytest", "-sq", "-p", "no:cacheprovider", "-p", "no:django"]
    return subprocess.run(
        [*command, "-p", "devtools.pytest_services", str(folder)],
        cwd=PROJECT,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def printed_urls(finished: subprocess.CompletedProcess[str]) -> list[str]:
    (line,) = [line for line in finished.stdout.splitlines() if line.startswith("urls ")]
    return line.split()[1:]


def test_the_servers_of_a_failing_run_are_stopped(tmp_path: Path) -> None:
    finished = run_pytest(tmp_path)

    database, cache, queue = printed_urls(finished)
    database_port = int(database.rsplit(":", 1)[1].removesuffix("/app"))
    redis_port = int(cache.rsplit(":", 1)[1].removesuffix("/1"))
    assert finished.returncode == pytest.ExitCode.TESTS_FAILED
    assert queue == f"redis://127.0.0.1:{redis_port}/0"
    assert ports.is_free(database_port) is True
    assert ports.is_free(redis_port) is True


def test_given_servers_are_used_as_they_are(tmp_path: Path) -> None:
    given = {
        "DATABASE_URL": "postgres://app:secret@database.example:5432/app",
        "REDIS_URL": "redis://redis.example:6379/1",
        "CELERY_BROKER_URL": "redis://redis.example:6379/0",
    }

    assert printed_urls(run_pytest(tmp_path, **given)) == list(given.values())
