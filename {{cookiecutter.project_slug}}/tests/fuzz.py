"""Let schemathesis shoot at the running project whatever its OpenAPI documents allow, and more.

    uv run python -m tests.fuzz [OPTIONS OF SCHEMATHESIS]

A database, Redis and gunicorn are started for this, and the database is an empty one. All checks are
on; ``schemathesis.toml`` says what the documents cannot. Exit status 0: nothing was found.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import timezone

from tests import processes

SCHEMATHESIS = "schemathesis==4.32.5"
GUNICORN = ("gunicorn", "--config", "config/gunicorn.py", "tests.fuzz_wsgi")


def main(options: list[str]) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    call_command("migrate", verbosity=0)
    with TemporaryDirectory() as folder, running_project(Path(folder)) as address:
        statuses = [shoot(document, address, options) for document in documents()]
    return max(statuses)


def documents() -> list[Path]:
    return sorted((processes.PROJECT_DIR / "docs" / "openapi").glob("*.yaml"))


@contextmanager
def running_project(folder: Path) -> Iterator[str]:
    """Serve the project on the services of the tests; yield its address."""
    port = processes.free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": processes.database_url(),
        "FUZZ_MEDIA_ROOT": str(folder / "media"),
        "LOG_LEVEL": "ERROR",
        "PORT": str(port),
    }
    address, log = f"http://127.0.0.1:{port}", folder / "log"
    with processes.running(*GUNICORN, environment=environment, log=log):
        processes.wait_until(lambda: processes.answers(f"{address}/health/live"), log=log)
        yield address
    if errors := [line for line in log.read_text().splitlines() if '"level": "error"' in line]:
        sys.stderr.write("\n".join(["The server logged:", *errors, ""]))


def shoot(document: Path, address: str, options: list[str]) -> int:
    command = ["uvx", "--quiet", SCHEMATHESIS, "run", str(document), "--url", address, *options]
    environment = {
        **os.environ,
        "FUZZ_AUTHORIZATION": authorization("first@example.com"),
        # Signing out, too, has to be tried by somebody.
        "FUZZ_SHORT_LIVED_AUTHORIZATION": authorization("second@example.com"),
    }
    return subprocess.run(command, cwd=processes.PROJECT_DIR, env=environment, check=False).returncode


def authorization(email: str) -> str:
    """The header of an account's client, for whichever kind of authentication this project has."""
    user, _ = get_user_model().objects.get_or_create(
        email=email, defaults={"email_verified_at": timezone.now()}
    )
    kind = next(processes.PROJECT_DIR.glob("apps/*/tests/credentials.py")).parent.parent.name
    header: str = import_module(f"apps.{kind}.tests.credentials").authorization(user)
    return header


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
