import time
from datetime import date
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from apps.core import queue
from apps.core.models import IdempotencyKey
from tests import processes

TASK = "users.clear_expired_sessions"
# Nothing listens there.
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Mock:
    send = Mock()
    monkeypatch.setattr("apps.core.queue.send", send)
    return send


@pytest.mark.django_db
@pytest.mark.lesson("celery-transaction-race")
def test_task_is_sent_once_and_only_after_the_commit(
    send: Mock, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        queue.enqueue_on_commit(TASK, day=1)
        send.assert_not_called()

    send.assert_called_once_with(TASK, kwargs={"day": 1})


@pytest.mark.django_db(transaction=True)
@pytest.mark.lesson("celery-transaction-race")
def test_nothing_is_sent_when_the_transaction_is_rolled_back(send: Mock) -> None:
    with transaction.atomic():
        queue.enqueue_on_commit(TASK)
        transaction.set_rollback(True)

    send.assert_not_called()


@pytest.mark.parametrize(
    ("name", "kwargs", "refusal"),
    [
        ("users.clear_expired_session", {}, "No task is called 'users.clear_expired_session'. Did you mean"),
        ("nothing.like.it", {}, "No task is called 'nothing.like.it'."),
        (TASK, {"day": date(2030, 1, 1)}, "the argument day cannot be sent, it is not JSON"),
        (TASK, {"user": IdempotencyKey()}, "the argument user cannot be sent, it is not JSON"),
        (TASK, {"key": uuid4()}, "the argument key cannot be sent, it is not JSON"),
        (TASK, {"share": float("nan")}, "the argument share cannot be sent, it is not JSON"),
        (TASK, {"text": "x" * 70_000}, "70006 bytes; 65536 are allowed. Store what is large"),
    ],
)
@pytest.mark.django_db
@pytest.mark.lesson("celery-pending-or-unregistered")
def test_task_that_no_worker_could_run_is_refused_before_the_commit(
    name: str,
    kwargs: dict[str, object],
    refusal: str,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, pytest.raises(queue.UnsendableTask) as refused:
        queue.enqueue_on_commit(name, **kwargs)

    assert refusal in str(refused.value)
    assert callbacks == []


@pytest.mark.lesson("celery-broker-config")
def test_unreachable_broker_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", NOWHERE)
    begun = time.monotonic()

    with pytest.raises(queue.QueueUnavailable):
        queue.send(TASK)

    assert time.monotonic() - begun < 1


@pytest.mark.lesson("celery-broker-config")
def test_broker_that_does_not_answer_is_given_up_when_patience_ends(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.QUEUE_PATIENCE_SECONDS = 0.5
    begun = time.monotonic()

    with processes.mute_server() as port:
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", f"redis://127.0.0.1:{port}/0")
        with pytest.raises(queue.QueueUnavailable):
            queue.send(TASK)

    # Half a second, and more on a busy machine. With the patience of the other tests it would be five.
    assert time.monotonic() - begun < 4
