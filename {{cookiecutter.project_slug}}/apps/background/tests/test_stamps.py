"""How long a message waited: written on it, and in the log."""

import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from apps.background.stamps import log_the_wait, seconds_since, stamp


@pytest.fixture(autouse=True)
def _no_context() -> Iterator[None]:
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


def test_message_carries_the_moment_it_was_sent_each_time() -> None:
    headers: dict[str, Any] = {"id": "1", "sent_at": 7.0}

    stamp(headers=headers)

    assert headers["id"] == "1"
    assert time.time() - headers["sent_at"] < 5


def test_log_of_a_task_tells_how_long_it_waited() -> None:
    task = SimpleNamespace(request=SimpleNamespace(sent_at=time.time() - 60))

    log_the_wait(task=task)

    assert 60 <= structlog.contextvars.get_contextvars()["waited_seconds"] < 65


def test_message_without_a_stamp_is_logged_without_a_wait() -> None:
    log_the_wait(task=SimpleNamespace(request=SimpleNamespace()))

    assert structlog.contextvars.get_contextvars() == {}


def test_clock_of_the_sender_may_be_ahead() -> None:
    assert seconds_since(time.time() + 60) == 0
