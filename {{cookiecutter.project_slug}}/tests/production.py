"""See the project as production shows it, here, and with services of its own.

    uv run python -m tests.production run manage.py check --deploy
    uv run python -m tests.production visit /admin/login/ "Host: shop.example.com"

``run`` runs Python with production's settings. ``visit`` starts gunicorn, fetches a page and the
static files that it names, and prints what the server logged meanwhile. ``NAME=value`` after the
verb changes a variable of the environment. The database is empty: it has no tables.
"""

import os
import re
import subprocess
import sys
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from tests import processes

STATIC_FILE = re.compile(r'(?:href|src)="(/static/[^"]+)"')


def main(verb: str, *arguments: str) -> int:
    # These start a database and Redis for this process.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    changes = dict(item.split("=", 1) for item in takewhile(re.compile(r"[A-Z_]+=").match, arguments))
    environment = processes.production_environment(**changes)
    rest = arguments[len(changes) :]
    if verb == "visit":
        visit(*rest, environment=environment)
        return 0
    command = [sys.executable, *rest]
    return subprocess.run(command, cwd=processes.PROJECT_DIR, env=environment, check=False).returncode


def visit(path: str, *headers: str, environment: dict[str, str]) -> None:
    """Print a line for each answer, as a browser's network view does, and what was logged."""
    started = 0
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        variables = {"LOG_LEVEL": "WARNING", **environment}
        with suppress(processes.SiteDied), processes.site(variables, log=log) as browser:
            started = len(log.read_bytes())
            browser.headers.update(processes.THROUGH_PROXY)
            browser.headers.update(dict(header.split(": ", 1) for header in headers))
            load(browser, path)
        logged = log.read_bytes()[started:].decode()
        say(f"Logged: {without_gunicorns_goodbye(logged) or 'nothing'}")


def load(browser: httpx.Client, path: str) -> None:
    page = browser.get(path)
    for answer in (page, *(browser.get(file) for file in STATIC_FILE.findall(page.text))):
        kind = answer.headers.get("Content-Type", "")
        say(f"{answer.status_code} {answer.reason_phrase}  {kind}  {answer.url.path}")


def without_gunicorns_goodbye(log: str) -> str:
    return "\n".join(line for line in log.splitlines() if "[INFO]" not in line)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
