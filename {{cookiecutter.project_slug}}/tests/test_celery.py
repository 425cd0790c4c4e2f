"""The wiring between the site, its queue and its tasks."""

import ast
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings
from rest_framework.test import APIClient

from apps.users.tests.factories import PASSWORD, UserFactory
from config.settings import base
from tests import processes
from tests.processes import PROJECT_DIR, production_environment, run_python

QUEUE_MODULE = PROJECT_DIR / "apps" / "core" / "queue.py"
# Each of these sends a task: at once, without waiting for the commit.
SENDERS = {"delay", "apply_async", "send_task"}
# These two wait for it.
ENQUEUERS = {"enqueue_on_commit", "enqueue_durably"}
# Tasks whose results somebody reads, and why.
KEEP_RESULTS: set[str] = set()
# Nothing listens there.
NOWHERE = "redis://127.0.0.1:1/0"


def calls(files: list[Path]) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call in the files, with its place."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield f"{file.relative_to(PROJECT_DIR)}:{node.lineno}", node


def app_modules() -> list[Path]:
    return [file for file in sorted((PROJECT_DIR / "apps").rglob("*.py")) if "tests" not in file.parts]


def called_name(call: ast.Call) -> str:
    """``delay`` for ``send_receipt.delay(…)``, ``enqueue_on_commit`` for ``enqueue_on_commit(…)``."""
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


@pytest.fixture
def registered() -> set[str]:
    """The names of every task that a worker would know."""
    current_app.loader.import_default_modules()
    return set(current_app.tasks)


@pytest.mark.lesson("celery-broker-config")
def test_tasks_belong_to_our_app_as_soon_as_django_is_set_up() -> None:
    program = (
        "import django; django.setup(); "
        "from apps.users.tasks import clear_expired_sessions as task; "
        "print(task.app.main, task.app.conf.task_default_queue)"
    )

    result = run_python("-c", program, environment=production_environment())

    assert (result.stderr, result.stdout) == ("", "config default\n")


@pytest.mark.lesson("celery-broker-config")
def test_celery_uses_the_broker_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    # Celery would prefer the environment's, whether or not it has read our settings.
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)

    assert current_app.conf.broker_url == settings.CELERY_BROKER_URL


@pytest.mark.lesson("celery-pending-or-unregistered")
def test_every_enqueued_task_name_is_registered(registered: set[str]) -> None:
    enqueued = {
        place: ast.literal_eval(call.args[0])
        for place, call in calls(app_modules())
        if called_name(call) in ENQUEUERS
    }

    assert "users.send_email_changed_notice" in enqueued.values()
    assert {place: name for place, name in enqueued.items() if name not in registered} == {}


@pytest.mark.lesson("celery-pending-or-unregistered")
def test_every_scheduled_task_name_is_registered(registered: set[str]) -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert scheduled - registered == set()


@pytest.mark.parametrize(
    ("task", "queue"),
    [
        ("users.send_email_changed_notice", "mail"),
        ("shop.resend_receipt", "mail"),
        ("shop.make_monthly_report", "reports"),
        ("users.clear_expired_sessions", "default"),
    ],
)
def test_a_tasks_name_decides_its_queue(task: str, queue: str) -> None:
    assert current_app.amqp.router.route({}, task)["queue"].name == queue


@pytest.mark.lesson("celery-result-backend-hang")
def test_no_task_keeps_its_result_unless_it_is_listed(registered: set[str]) -> None:
    # Celery's own tasks are internal to it.
    ours = {name: current_app.tasks[name] for name in registered if not name.startswith("celery.")}

    assert {name for name, task in ours.items() if not task.ignore_result} == KEEP_RESULTS


@pytest.mark.lesson("celery-result-backend-hang")
def test_sending_does_not_wait_for_a_result_store_that_is_down() -> None:
    program = (
        "import django, os, threading; django.setup(); "
        "from apps.core.queue import enqueue_on_commit; "
        "impatience = threading.Timer(15, os._exit, [1]); "
        "impatience.daemon = True; "
        "impatience.start(); "
        "enqueue_on_commit('users.clear_expired_sessions'); "
        "print('sent')"
    )
    environment = {**os.environ, "CELERY_RESULT_BACKEND": NOWHERE}

    result = run_python("-c", program, environment=environment)

    assert (result.returncode, result.stdout) == (0, "sent\n"), result.stderr


@pytest.mark.lesson("celery-transaction-race")
def test_apps_send_tasks_by_enqueue_on_commit_only() -> None:
    modules = [file for file in app_modules() if file != QUEUE_MODULE]

    assert [place for place, call in calls(modules) if called_name(call) in SENDERS] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.lesson("celery-broker-config")
def test_request_is_answered_in_words_while_the_broker_is_mute_and_what_it_wrote_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "QUEUE_PATIENCE_SECONDS", base.QUEUE_PATIENCE_SECONDS)
    user = UserFactory.create()
    # Answered as in production, not with the exception.
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    change = {"email": "new@example.com", "current_password": PASSWORD, "name": "Grace"}

    with processes.mute_server() as port:
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", f"redis://127.0.0.1:{port}/0")
        begun = time.monotonic()
        response = client.patch("/api/v1/users/me/", change)
        seconds = time.monotonic() - begun

    assert (response.status_code, response.json()["code"]) == (503, "queue_unavailable")
    assert response.json()["type"] == "/api/problems/#queue_unavailable"
    # Half a second, and more on a busy machine. With the patience of the other tests it would be five.
    assert seconds < 4
    user.refresh_from_db()
    assert user.name == "Grace"
