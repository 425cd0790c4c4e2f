"""What cannot be seen from outside of a worker, or only with much patience."""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock

import pytest
from celery import current_app
from celery.exceptions import Ignore, Reject
from django.core.cache import cache
from kombu.exceptions import OperationalError

from apps.background.base import MOST_DELIVERIES, SafeTask, is_refused_for_good
from apps.background.letters import BURY
from apps.background.tasks import clear_dead_letters
from apps.core.queue import QueueUnavailable

pytestmark = pytest.mark.lesson("celery-delivery-guarantees")


@pytest.fixture
def send(monkeypatch: pytest.MonkeyPatch) -> Mock:
    send = Mock()
    monkeypatch.setattr("apps.core.queue.send", send)
    return send


@contextmanager
def in_hand(**request: Any) -> Iterator[Any]:
    """A task as a worker runs it: with a message."""
    task: Any = clear_dead_letters
    task.push_request(id="1", retries=0, args=[], kwargs={}, called_directly=False, **request)
    try:
        yield task
    finally:
        task.pop_request()


def deliver(*, redelivered: bool) -> None:
    """Do what a worker does before it runs a task."""
    with in_hand(delivery_info={"redelivered": redelivered}) as task:
        task.before_start("1", [], {})


def test_every_task_is_a_safe_one() -> None:
    current_app.loader.import_default_modules()

    unsafe = {name for name, task in current_app.tasks.items() if not isinstance(task, SafeTask)}

    assert unsafe == set()


def test_message_that_was_sent_twice_is_not_taken_for_one_that_kills(send: Mock) -> None:
    for _ in range(2 * MOST_DELIVERIES):
        deliver(redelivered=False)

    send.assert_not_called()


def test_message_that_came_back_too_often_is_buried(send: Mock) -> None:
    for _ in range(MOST_DELIVERIES - 1):
        deliver(redelivered=True)

    with pytest.raises(Ignore):
        deliver(redelivered=True)

    [sent] = send.call_args_list
    assert (sent.args, sent.kwargs["kwargs"]["reason"]) == ((BURY,), "lost_too_often")


def test_message_goes_back_to_the_queue_when_it_cannot_be_buried(send: Mock) -> None:
    send.side_effect = QueueUnavailable
    with in_hand() as task, pytest.raises(Reject) as reject:
        task.on_failure(ValueError(), "1", [], {}, Mock())

    assert vars(reject.value)["requeue"]


def test_task_runs_while_the_cache_that_counts_is_away(send: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "incr", Mock(side_effect=ConnectionError))

    for _ in range(2 * MOST_DELIVERIES):
        deliver(redelivered=True)

    send.assert_not_called()


def test_message_goes_back_to_the_queue_when_its_next_attempt_cannot_be_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(SafeTask, "apply_async", Mock(side_effect=OperationalError))

    with in_hand() as task, pytest.raises(Reject) as reject:
        task.retry(exc=ConnectionResetError(), countdown=1)

    assert vars(reject.value)["requeue"]


@pytest.mark.parametrize(
    ("error", "is_permanent"),
    [
        (smtplib.SMTPDataError(451, b"greylisted"), False),
        (smtplib.SMTPSenderRefused(550, b"who?", "a@example.com"), True),
        (smtplib.SMTPAuthenticationError(535, b"no"), True),
        (smtplib.SMTPRecipientsRefused({"a@example.com": (550, b"who?")}), True),
        (
            smtplib.SMTPRecipientsRefused({"a@example.com": (452, b"full"), "b@example.com": (550, b"")}),
            False,
        ),
        (smtplib.SMTPServerDisconnected(), False),
        (ConnectionResetError(), False),
    ],
)
def test_mail_that_is_refused_for_good_is_not_tried_again(error: Exception, is_permanent: bool) -> None:
    assert is_refused_for_good(error) is is_permanent


def test_permanent_refusal_is_raised_instead_of_tried_again() -> None:
    with in_hand() as task, pytest.raises(smtplib.SMTPDataError):
        task.retry(exc=smtplib.SMTPDataError(554, b"spam"))
