"""Run the project for real and look once: the symptoms of the lessons are shown with it.

    uv run python -m tests.live visit GET /api/v1/users/me/ "Origin: https://app.example.com"
    uv run python -m tests.live task users.clear_expired_sessions
    uv run python -m tests.live slow-commit
    uv run python -m tests.live two-schedulers
    uv run python -m tests.live kill-worker
    uv run python -m tests.live forge POST /api/v1/things/ title=Theirs
    uv run python -m tests.live queries v1:NAME-list
    uv run python -m tests.live page v1:NAME-list
    uv run python -m tests.live flood GET /api/v1/NAME/
    uv run python -m tests.live change /api/v1/users/me/ '{"name": "Grace Hopper"}'
    uv run python -m tests.live flower

``visit`` sends one request to gunicorn, under production's settings and as the proxy in front of it
would, and prints the answer; ``flood`` sends a hundred. ``task`` and ``slow-commit`` print what a worker
logs about a task, ``two-schedulers`` how often a task is due and how often it runs, ``kill-worker`` whether
a task survives its worker, ``queries`` how often a list asks the database, when it is short and when it is
long. ``forge`` sends a form as a page of another site would, with the cookie of a member's session. ``page``
asks a list for a million rows, ``change`` lets the member send a PATCH. ``flower`` starts Flower without a
sign-in and looks at it as a stranger. A database and Redis are started for this, with one member in an
otherwise empty database, and stopped afterwards.
"""

import argparse
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import django
import httpx
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from apps.core.queue import enqueue_on_commit, send
from tests import processes

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
# By then a second worker has looked for abandoned tasks.
PATIENCE_SECONDS = 30


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


def flood(method: str, path: str, *, log: Path) -> str:
    """Send a hundred requests, each with another invented address; how many were answered how."""
    environment = processes.production_environment(NUM_PROXIES="1")
    answers: Counter[int] = Counter()
    with processes.site(environment, log=log) as client:
        for number in range(100):
            # The proxy adds whom it was called by; what stands before that, the client has invented.
            address = {"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.7"}
            response = client.request(method, path, headers={**processes.THROUGH_PROXY, **address})
            answers[response.status_code] += 1
    return "\n".join(f"{count} requests: {status}" for status, count in sorted(answers.items()))


def ask_for_everything(route: str) -> str:
    """Ask a list of 150 rows for a million."""
    from django.urls import reverse  # noqa: PLC0415 - settings come first
    from rest_framework.test import APIClient  # noqa: PLC0415

    from tests.test_query_counts import row_makers  # noqa: PLC0415

    user = get_user_model().objects.get()
    client = APIClient()
    client.force_authenticate(user)
    with transaction.atomic():
        address = reverse(route, kwargs=row_makers()[route](user, 150))
        response = client.get(address, {"page_size": 1_000_000})
        transaction.set_rollback(True)
    return f"{len(response.json()['results'])} of 150 rows in one answer, {len(response.content)} bytes"


def change(path: str, body: str) -> str:
    """Let the member send a PATCH; the answer, and what she may do now."""
    from rest_framework.test import APIClient  # noqa: PLC0415 - models come first

    user = get_user_model().objects.get()
    client = APIClient()
    client.force_authenticate(user)
    response = client.patch(path, json.loads(body))
    user.refresh_from_db()
    rights = f"is_staff: {user.is_staff}, is_superuser: {user.is_superuser}"
    return f"{response.status_code} {response.content.decode()}\n{rights}"


def send_task(name: str, *, log: Path) -> str:
    """Send a task without arguments; what the worker logs."""
    with processes.worker(log):
        # Not enqueue_on_commit, which refuses what is unknown here: as from code that knows the name.
        send(name)
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


def let_two_schedulers_run(log: Path) -> str:
    """Let two schedulers and a worker run for some seconds, with a task of every second."""
    from tests.schedulers import run_two_for_a_while  # noqa: PLC0415 - models come first

    due, ran = run_two_for_a_while(log.parent, runs=8)
    verdict = "Each run happened once." if ran == due else "Runs happened twice."
    return f"{due} runs were due, {ran} happened. {verdict}"


def forge(method: str, path: str, fields: dict[str, str]) -> str:
    """Send what a foreign page could, to a browser in which a member is signed in; the answer."""
    browser = Client(enforce_csrf_checks=True, headers={"Origin": "https://evil.example"})
    browser.force_login(get_user_model().objects.get())
    form = "application/x-www-form-urlencoded"
    response = browser.generic(method, path, urlencode(fields), content_type=form)
    return f"HTTP/1.1 {response.status_code} {response.reason_phrase}\n\n{response.content.decode()}"


def visit_flower(log: Path) -> str:
    """Start Flower with nobody who may sign in; what a stranger sees of it, or why it did not start."""
    pages = ("/workers", "/tasks", "/broker", "/metrics")
    try:
        with processes.flower(processes.without_flower(), log=log) as address:
            return "\n".join(f"{page}: {httpx.get(address + page).status_code}" for page in pages)
    except processes.SiteDied:
        return log.read_text()


def kill_worker(log: Path) -> str:
    """Kill a worker in the middle of a task, and start another one; how often the task began and ended."""
    diary, permission_to_finish = log.with_name("diary"), log.with_name("finish")
    diary.touch()
    with processes.worker(log) as first:
        enqueue_on_commit("tests.wait_for_file", diary=str(diary), file=str(permission_to_finish))
        processes.wait_until(diary.read_text, log=log)
        processes.wait_until(processes.is_task_accepted, log=log)
        os.killpg(first.pid, signal.SIGKILL)
    permission_to_finish.touch()
    deadline = time.monotonic() + PATIENCE_SECONDS
    # It takes over what nobody has acknowledged for two seconds, not for an hour.
    with processes.worker(log, CELERY_VISIBILITY_TIMEOUT="2"):
        while "finished" not in diary.read_text() and time.monotonic() < deadline:
            time.sleep(0.1)
    lines = Counter(diary.read_text().splitlines())
    return f"The task began {lines['started']} times and ended {lines['finished']} times."


def wait_for_worker(log: Path) -> None:
    """Wait until the worker has done everything sent so far: it keeps the order of each queue."""
    diary = log.with_name("diary")
    diary.touch()
    last = ("tests.write_line", "tests.send_line", "tests.report_line")
    for name in last:
        enqueue_on_commit(name, diary=str(diary), line="done")
    processes.wait_until(lambda: diary.read_text().count("done") == len(last), log=log)


def create_member(email: str) -> int:
    member = get_user_model().objects.create(
        email=email, name="Ada Lovelace", email_verified_at=timezone.now()
    )
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
    verbs.add_parser("two-schedulers", help="let two schedulers and a worker run for some seconds")
    verbs.add_parser("kill-worker", help="kill a worker in the middle of a task")
    parser_of_forgery = verbs.add_parser("forge", help="send a form as a foreign page would")
    parser_of_forgery.add_argument("method")
    parser_of_forgery.add_argument("path")
    parser_of_forgery.add_argument("fields", nargs="*", type=pair, help="name=value")
    verbs.add_parser("queries", help="count the queries of a list").add_argument("route")
    verbs.add_parser("flower", help="look at Flower as a stranger")
    verbs.add_parser("page", help="ask a list for a million rows").add_argument("route")
    for verb, arguments in {"flood": ("method", "path"), "change": ("path", "body")}.items():
        parser_of_verb = verbs.add_parser(verb)
        for argument in arguments:
            parser_of_verb.add_argument(argument)
    return parser.parse_args()


def run(arguments: argparse.Namespace, log: Path) -> str:
    verbs: dict[str, Callable[[], str]] = {
        "visit": lambda: visit(
            arguments.method,
            arguments.path,
            headers=dict(arguments.headers),
            variables=dict(arguments.set),
            log=log,
        ),
        "forge": lambda: forge(arguments.method, arguments.path, dict(arguments.fields)),
        "flood": lambda: flood(arguments.method, arguments.path, log=log),
        "task": lambda: send_task(arguments.name, log=log),
        "slow-commit": lambda: commit_slowly(log),
        "two-schedulers": lambda: let_two_schedulers_run(log),
        "flower": lambda: visit_flower(log),
        "kill-worker": lambda: kill_worker(log),
        "queries": lambda: count_queries(arguments.route),
        "page": lambda: ask_for_everything(arguments.route),
        "change": lambda: change(arguments.path, arguments.body),
    }
    return verbs[arguments.verb]()


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
