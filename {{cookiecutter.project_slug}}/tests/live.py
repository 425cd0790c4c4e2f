"""Run the project for real and look once: the symptoms of the lessons are shown with it.

    uv run python -m tests.live visit GET /api/v1/users/me/ "Origin: https://app.example.com"
    uv run python -m tests.live task users.clear_expired_sessions
    uv run python -m tests.live slow-commit
    uv run python -m tests.live queries v1:NAME-list

``visit`` sends one request to gunicorn, under production's settings and as the proxy in front of it
would, and prints the answer. ``task`` and ``slow-commit`` print what a worker logs about a task,
``queries`` how often a list asks the database, when it is short and when it is long. PostgreSQL and Redis
are started for this, with one member in an otherwise empty database, and stopped afterwards.
"""

import argparse
import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction

from apps.core.queue import enqueue_on_commit
from tests import processes

ALLOW_ORIGIN = "Access-Control-Allow-Origin"


def visit(method: str, path: str, *, headers: dict[str, str], variables: dict[str, str], log: Path) -> str:
    """Send one request; the answer, and what the server had to complain about."""
    with processes.site(processes.production_environment(**variables), log=log) as client:
        response = client.request(method, path, headers={**processes.THROUGH_PROXY, **headers})
    lines = [f"HTTP/1.1 {response.status_code} {response.reason_phrase}"]
    lines += [f"{name}: {value}" for name, value in sorted(response.headers.items())]
    if "Origin" in headers and ALLOW_ORIGIN not in response.headers:
        lines += ["", f"No '{ALLOW_ORIGIN}' header is present: browsers keep this answer from scripts."]
    return "\n".join([*lines, "", *complaints(log)])


def complaints(log: Path) -> list[str]:
    """What a server logged as more than a piece of information."""
    records = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    return [f"log: {record['message']}" for record in records if record["level"] in ("warning", "error")]


def send_task(name: str, *, log: Path) -> str:
    """Send a task without arguments; what the worker logs."""
    with processes.worker(log):
        enqueue_on_commit(name)
        wait_for_worker(log)
    return log.read_text()


def commit_slowly(log: Path) -> str:
    """Send a task about a row whose transaction takes a second more; what the worker logs."""
    with processes.worker(log):
        processes.wait_until(lambda: "ready." in log.read_text(), log=log)
        with transaction.atomic():
            pk = create_member("new@example.com")
            enqueue_on_commit("users.send_email_changed_notice", user_id=pk, old_email="old@example.com")
            time.sleep(1)
        wait_for_worker(log)
    return log.read_text()


def wait_for_worker(log: Path) -> None:
    """Wait until the worker has done everything sent so far: it keeps the order of its queue."""
    diary = log.with_name("diary")
    diary.touch()
    enqueue_on_commit("tests.write_line", diary=str(diary), line="done")
    processes.wait_until(diary.read_text, log=log)


def create_member(email: str) -> int:
    member = get_user_model().objects.create(email=email, name="Ada Lovelace")
    return int(member.pk)


def count_queries(route: str) -> str:
    """Ask for one page of a list, with few rows and with many; how many queries each took."""
    from rest_framework.test import APIClient  # noqa: PLC0415 - models come first

    from tests.test_query_counts import FEW, MANY, queries_of  # noqa: PLC0415

    user = get_user_model().objects.get()
    client = APIClient()
    client.force_authenticate(user)
    counts = {rows: len(queries_of(route, rows, client, user)) for rows in (FEW, MANY)}
    return "\n".join(f"{rows} rows: {count} queries" for rows, count in counts.items())


def pair(text: str) -> tuple[str, str]:
    """Split ``"Header: value"`` or ``"NAME=value"``."""
    separator = "=" if "=" in text.partition(":")[0] else ":"
    name, _, value = text.partition(separator)
    return name.strip(), value.strip()


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.live", description="Look at the running project.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    parser_of_visit = verbs.add_parser("visit", help="send one request and print the answer")
    parser_of_visit.add_argument("method")
    parser_of_visit.add_argument("path")
    parser_of_visit.add_argument("headers", nargs="*", type=pair, help='"Name: value"')
    parser_of_visit.add_argument("--set", action="append", type=pair, default=[], help="VARIABLE=value")
    verbs.add_parser("task", help="send a task to a worker").add_argument("name")
    verbs.add_parser("slow-commit", help="send a task from a transaction that takes a second")
    verbs.add_parser("queries", help="count the queries of a list").add_argument("route")
    return parser.parse_args()


def run(arguments: argparse.Namespace, log: Path) -> str:
    match arguments.verb:
        case "visit":
            headers, variables = dict(arguments.headers), dict(arguments.set)
            return visit(arguments.method, arguments.path, headers=headers, variables=variables, log=log)
        case "task":
            return send_task(arguments.name, log=log)
        case "queries":
            return count_queries(arguments.route)
        case _:
            return commit_slowly(log)


def main() -> None:
    arguments = read_arguments()
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    call_command("migrate", verbosity=0)
    create_member("member@example.com")
    with TemporaryDirectory() as folder:
        print(run(arguments, Path(folder) / "log"))  # noqa: T201 - a command for people


if __name__ == "__main__":
    main()
