"""Releases on a database of their own: what several containers do that start at the same moment.

    uv run python -m tests.releases

lets three begin together, and tells how they ended.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.db import connection

from tests import processes


@contextmanager
def empty_database() -> Iterator[str]:
    """The address of a database without tables, on the server of the tests."""
    address, _, _ = processes.database_url().rpartition("/")
    # Users of MySQL may make databases with such names only.
    name = f"test_release_{secrets.token_hex(4)}"
    quoted = connection.ops.quote_name(name)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {quoted}")
    try:
        yield f"{address}/{name}"
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {quoted}")


@contextmanager
def own_database() -> Iterator[None]:
    """Let the connection lead to an empty database inside the block."""
    with empty_database() as address:
        usual = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = address.rpartition("/")[2]
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = usual


def release_at_once(number: int, **variables: str) -> list[tuple[int, str]]:
    """Start so many releases of production together; how each ended, and what it printed."""
    environment = processes.production_environment(**variables)
    started = [
        subprocess.Popen(
            [sys.executable, "manage.py", "release", "--timeout=0"],
            cwd=processes.PROJECT_DIR,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(number)
    ]
    outputs = [process.communicate(timeout=processes.DEADLINE_SECONDS)[0] for process in started]
    return [(process.returncode, output) for process, output in zip(started, outputs, strict=True)]


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    with empty_database() as address:
        ended = release_at_once(3, DATABASE_URL=address)
    for status, output in ended:
        sys.stdout.write(f"Status {status}: {output.strip().splitlines()[-1]}\n")
    failed = sum(status != 0 for status, _ in ended)
    sys.stdout.write(f"{failed or 'None'} of {len(ended)} releases that began together failed.\n")


if __name__ == "__main__":
    main()
