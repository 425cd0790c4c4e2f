import socket
import time
from collections.abc import Iterator
from datetime import date
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks
from rest_framework.test import APIClient

from apps.core import queue
from apps.users.models import User
from apps.users.tests.factories import PASSWORD

TASK = "users.clear_expired_sessions"
# Nothing listens there.
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Mock:
    send = Mock()
    monkeypatch.setattr("apps.core.queue.send", send)
    return send


@pytest.fixture
def mute_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A server that takes connections and never says a word, as behind a firewall."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        monkeypatch.setenv("CELERY_BROKER_WRITE_URL", f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        yield server


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
        (TASK, {"user": User()}, "the argument user cannot be sent, it is not JSON"),
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
def test_broker_that_does_not_answer_is_given_up_within_two_seconds(mute_broker: socket.socket) -> None:
    begun = time.monotonic()

    with pytest.raises(queue.QueueUnavailable):
        queue.send(TASK)

    assert time.monotonic() - begun < 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.lesson("celery-broker-config")
def test_request_is_answered_in_words_while_the_broker_is_away_and_what_it_wrote_stays(
    mute_broker: socket.socket, user: User
) -> None:
    # Answered as in production, not with the exception.
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    change = {"email": "new@example.com", "current_password": PASSWORD, "name": "Grace"}
    begun = time.monotonic()

    response = client.patch("/api/v1/users/me/", change)

    assert time.monotonic() - begun < 2
    assert (response.status_code, response.json()["code"]) == (503, "queue_unavailable")
    assert response.json()["type"] == "/api/problems/#queue_unavailable"
    user.refresh_from_db()
    assert user.name == "Grace"
