"""Nothing that was committed is lost on its way to the queue, and nothing else is sent."""

import os
import subprocess
import sys
from collections.abc import Iterator
from unittest.mock import Mock

import pytest
from celery import current_app
from django.db import OperationalError, transaction

from apps.background import outbox
from apps.background.models import OutboxMessage
from apps.background.outbox import enqueue_durably, relay
from apps.core import queue
from tests import processes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.lesson("celery-delivery-guarantees")]

TASK = "tests.write_line"
# Nothing listens there.
NOWHERE = "redis://127.0.0.1:1/0"
RELAY = (
    "import django, sys; django.setup(); "
    "from apps.background.outbox import relay; "
    "print('ready', flush=True); "
    "sys.stdin.readline(); "
    "print(relay())"
)


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    """Nobody reads the queue here, so that what was sent can be counted."""
    waiting_ids()
    yield
    waiting_ids()


def waiting_ids() -> list[str]:
    """Take all messages off the queue; their tasks' ids."""
    ids = []
    with current_app.connection_for_read() as connection:
        channel = connection.default_channel
        consumed = current_app.amqp.queues[current_app.conf.task_default_queue](channel)
        consumed.declare()
        while message := consumed.get(no_ack=True):
            ids.append(message.headers["id"])
    return ids


def write_messages(number: int) -> set[str]:
    messages = OutboxMessage.objects.bulk_create(
        OutboxMessage(task_name=TASK, kwargs={"diary": "", "line": str(line)}) for line in range(number)
    )
    return {str(message.pk) for message in messages}


def test_message_is_sent_after_the_commit_and_then_forgotten() -> None:
    with transaction.atomic():
        enqueue_durably(TASK, diary="", line="")
        message = OutboxMessage.objects.get()
        assert waiting_ids() == []

    assert waiting_ids() == [str(message.pk)]
    assert not OutboxMessage.objects.exists()


def test_message_of_a_rolled_back_transaction_never_was() -> None:
    with transaction.atomic():
        enqueue_durably(TASK, diary="", line="")
        transaction.set_rollback(True)

    assert (relay(), waiting_ids(), OutboxMessage.objects.count()) == (0, [], 0)


def test_task_that_no_worker_could_run_is_refused_before_it_is_written() -> None:
    with pytest.raises(queue.UnsendableTask):
        enqueue_durably("tests.write_lime", diary="", line="")

    assert not OutboxMessage.objects.exists()


def test_message_waits_while_the_broker_is_away_and_is_sent_when_it_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as away:
        away.setenv("CELERY_BROKER_WRITE_URL", NOWHERE)
        enqueue_durably(TASK, diary="", line="")
        message = OutboxMessage.objects.get()
        assert (message.attempts, relay()) == (1, 0)
        message.refresh_from_db()
        assert (message.attempts, message.last_error.partition(":")[0]) == (2, "QueueUnavailable")

    assert (relay(), waiting_ids(), OutboxMessage.objects.count()) == (1, [str(message.pk)], 0)


def test_message_waits_when_the_database_goes_away_right_after_the_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as away:
        away.setattr(outbox, "_send_after_commit", Mock(side_effect=OperationalError))
        enqueue_durably(TASK, diary="", line="")

    [message] = OutboxMessage.objects.all()
    assert (relay(), waiting_ids()) == (1, [str(message.pk)])


def test_hundred_messages_of_one_transaction_wait_for_an_absent_broker_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = Mock(side_effect=queue.QueueUnavailable)
    monkeypatch.setattr("apps.core.queue.send", send)

    with transaction.atomic():
        for line in range(100):
            enqueue_durably(TASK, diary="", line=str(line))

    assert (send.call_count, OutboxMessage.objects.count()) == (1, 100)


def test_message_that_is_refused_does_not_hold_up_the_others() -> None:
    refused = OutboxMessage.objects.create(task_name=TASK, options={"queue": "nobodys"})
    ids = write_messages(2)

    assert relay() == 2

    assert set(waiting_ids()) == ids
    assert [message.pk for message in OutboxMessage.objects.all()] == [refused.pk]


def test_relay_sends_as_many_as_it_was_asked_to() -> None:
    write_messages(3)

    assert [relay(limit=2), relay(limit=2), relay(limit=2)] == [2, 1, 0]


@pytest.mark.skipif(sys.platform == "win32", reason="Its console has no UTF-8 to write to.")
def test_two_processes_that_relay_at_once_send_each_message_once() -> None:
    ids = write_messages(200)
    environment = {**os.environ, "DATABASE_URL": processes.database_url()}
    relays = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", RELAY],
            cwd=processes.PROJECT_DIR,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in relays:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"

    for process in relays:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    counts = [int(process.communicate(timeout=60)[0]) for process in relays]

    assert (sum(counts), sorted(waiting_ids())) == (200, sorted(ids))
    # Otherwise this has not shown that they can do it at once.
    assert all(counts)


def test_message_survives_the_process_that_wrote_it() -> None:
    program = (
        "import django, os; django.setup(); "
        "from django.db import transaction; "
        "from apps.background.outbox import enqueue_durably; "
        # The process is gone after the commit, and before anything is sent.
        "atomic = transaction.atomic(); "
        "atomic.__enter__(); "
        "transaction.on_commit(lambda: os._exit(9)); "
        "enqueue_durably('users.clear_expired_sessions'); "
        "atomic.__exit__(None, None, None)"
    )
    environment = {**os.environ, "DATABASE_URL": processes.database_url()}

    died = processes.run_python("-c", program, environment=environment)

    assert (died.returncode, waiting_ids()) == (9, []), died.stderr
    assert relay() == 1
    assert len(waiting_ids()) == 1
