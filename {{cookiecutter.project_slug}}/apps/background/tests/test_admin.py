import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

from apps.background.models import DeadLetter, OutboxMessage
from apps.background.tests.clock import plan

pytestmark = pytest.mark.django_db

LIST = "admin:background_deadletter_changelist"


def dead_letter(task_id: str, **fields: object) -> DeadLetter:
    values = {"task_name": "users.clear_expired_sessions", "reason": "failed", "body": "[[], {}]"} | fields
    return DeadLetter.objects.create(task_id=task_id, **values)


def send_again(client: Client, *letters: DeadLetter) -> list[str]:
    """Choose the action; what the page then says."""
    chosen = {"action": "send_again", "_selected_action": [letter.pk for letter in letters]}
    response = client.post(reverse(LIST), chosen, follow=True)
    return [str(message) for message in response.context["messages"]]


def test_dead_letters_are_found_by_what_is_in_them(admin_client: Client) -> None:
    dead_letter("1", body=json.dumps([[], {"order": 4711}]), error="KeyError: 'street'")
    dead_letter("2", reason="timed_out")

    found = [
        admin_client.get(reverse(LIST), query).context["cl"].result_count
        for query in (
            {"q": "4711"},
            {"q": "street"},
            {"reason": "timed_out"},
            {"sent_again_at__isempty": "1"},
        )
    ]

    assert found == [1, 1, 1, 2]


def test_chosen_dead_letters_are_sent_again_once(admin_client: Client) -> None:
    letter = dead_letter("1")

    said = [send_again(admin_client, letter), send_again(admin_client, letter)]

    assert said == [
        ["Sent again: 1."],
        ["users.clear_expired_sessions 1 was sent again already.", "Sent again: 0."],
    ]
    assert OutboxMessage.objects.count() == 1


def test_dead_letter_that_cannot_be_sent_says_why_and_stays_open(admin_client: Client) -> None:
    unknown = dead_letter("1", task_name="nobody.knows", reason="unknown_task")
    unreadable = dead_letter("2", task_name="", reason="unreadable", body="garbage")

    said = send_again(admin_client, unknown, unreadable)

    assert said == [
        "No task is called 'nobody.knows'.",
        "unreadable message 2 has no arguments that can be read.",
        "Sent again: 0.",
    ]
    assert DeadLetter.objects.filter(sent_again_at=None).count() == 2
    assert not OutboxMessage.objects.exists()


def test_staff_without_the_permission_cannot_send_again(client: Client, user: Any) -> None:
    user.is_staff = True
    user.save()
    user.user_permissions.add(Permission.objects.get(codename="view_deadletter"))
    client.force_login(user)
    letter = dead_letter("1")

    page = client.get(reverse(LIST))
    said = send_again(client, letter)

    assert page.status_code == 200
    assert "send_again" not in page.content.decode()
    assert said == ["No action selected."]
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("model", ["deadletter", "outboxmessage"])
def test_nobody_writes_messages_by_hand(admin_client: Client, model: str) -> None:
    assert admin_client.get(reverse(f"admin:background_{model}_add")).status_code == 403


def test_run_cannot_be_claimed_while_its_schedule_is_saved(admin_client: Client) -> None:
    task = plan()
    form = {"name": "tidy up later", "regtask": task.task, "interval": task.interval.pk, "enabled": "on"}

    with CaptureQueriesContext(connection) as queries:
        address = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
        response = admin_client.post(address, {**form, "args": "[]", "kwargs": "{}", "headers": "{}"})

    assert response.status_code == 302
    locks = [query["sql"] for query in queries if query["sql"].endswith("FOR UPDATE")]
    table = connection.ops.quote_name("django_celery_beat_periodictask")
    assert any(f"FROM {table}" in sql for sql in locks)
    assert admin_client.get(address).status_code == 200
    assert PeriodicTask.objects.get().name == "tidy up later"
