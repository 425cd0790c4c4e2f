import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from devtools import ports, services
from devtools.for_tests import PROJECT

PROGRAM = """
import os
from devtools.for_tests import start_missing_services

start_missing_services()
print(*(os.environ[name] for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")))
raise ZeroDivisionError
"""

# What is said of servers that cannot be started here, because they are on other machines.
MISSING = [words for server in services.SERVERS.values() if (words := getattr(server, "MISSING", ""))]


def run_failing_program(**variables: str) -> subprocess.CompletedProcess[str]:
    """Start the services in a process of its own that prints their URLs and fails."""
    urls = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if name not in urls}
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT,
        env=environment | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    for words in MISSING:
        if finished.stderr.startswith(words):
            pytest.skip(words.partition("\n")[0])
    return finished


@pytest.mark.usefixtures("account_with_a_name")
def test_the_servers_of_a_failing_run_are_stopped() -> None:
    finished = run_failing_program()

    used = {urlsplit(url).port or 0 for url in finished.stdout.split()}
    assert "ZeroDivisionError" in finished.stderr
    assert len(used) >= 2
    assert all(ports.is_free(port) for port in used)


@pytest.mark.parametrize("queue", ["redis://redis.example:6379/0", "amqp://rabbit.example/app"])
def test_a_given_queue_is_kept_beside_a_redis_that_is_started(queue: str) -> None:
    finished = run_failing_program(DATABASE_URL="postgres://database.example/app", CELERY_BROKER_URL=queue)

    assert finished.stdout.split()[2] == queue


def test_given_servers_are_used_as_they_are() -> None:
    given = {
        "DATABASE_URL": "postgres://app:secret@database.example:5432/app",
        "REDIS_URL": "redis://redis.example:6379/1",
        "CELERY_BROKER_URL": "redis://redis.example:6379/0",
    }

    assert run_failing_program(**given).stdout.split() == list(given.values())
