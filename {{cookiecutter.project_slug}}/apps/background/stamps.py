"""When a message was sent, written on the message: how long it waits can be told from outside."""

import time
from typing import Any

import structlog
from celery.signals import before_task_publish
from django.dispatch import receiver
from django_structlog.celery.signals import bind_extra_task_metadata

# The name of the header; Celery makes it an attribute of the task's request.
SENT_AT = "sent_at"


@before_task_publish.connect
def stamp(*, headers: dict[str, Any], **_kwargs: object) -> None:
    """Stamp what is sent; an attempt that is sent anew waits anew."""
    headers[SENT_AT] = time.time()


@receiver(bind_extra_task_metadata)
def log_the_wait(*, task: Any, **_kwargs: object) -> None:
    """Say in every line about a task how long its message had waited."""
    sent_at = getattr(task.request, SENT_AT, None)
    if sent_at is not None:
        structlog.contextvars.bind_contextvars(waited_seconds=seconds_since(sent_at))


def seconds_since(moment: float) -> float:
    """How long ago it was by our clock; the sender's may be a little ahead."""
    return round(max(0.0, time.time() - moment), 3)
