"""The transactional outbox: tasks that are sent if, and only if, the transaction is committed.

``enqueue_on_commit`` sends after the commit, and what happens in between, a crash or a broker that is
away, loses the task. Here the task is a row of the same transaction. It is sent right after the commit
where that works; ``relay``, which the scheduler calls at every turn, sends what is left.

A message may be sent twice, when a process dies between sending it and deleting its row. Both have the
same task id.
"""

import time
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from apps.background.models import OutboxMessage
from apps.core import queue

RELAYED_AT_ONCE = 1000
# After the broker was away, this process leaves the sending to the relay for so long.
PAUSE_SECONDS = 5

logger = structlog.get_logger(__name__)
_pause = SimpleNamespace(until=0.0)


def enqueue_durably(task_name: str, **kwargs: object) -> None:
    """Send a task once the current transaction is committed, sooner or later in any case.

    Args:
        task_name: The registered name, for example ``"users.clear_expired_sessions"``.
        kwargs: The task's arguments: JSON values, and primary keys rather than objects.

    Raises:
        UnsendableTask: At once: the task is unknown, an argument is not JSON, or the message too large.
    """
    write(task_name, kwargs=kwargs)


def write(
    task_name: str,
    *,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    options: Mapping[str, Any] | None = None,
) -> OutboxMessage:
    """Do what ``enqueue_durably`` does, with all that a message may have; return the row.

    Args:
        options: Of Celery's ``send_task``, as JSON, for example ``{"queue": "default"}``.

    Raises:
        UnsendableTask: As above.
    """
    queue.refuse_unsendable(task_name, args=args, kwargs=kwargs)
    message = OutboxMessage.objects.create(
        task_name=task_name, args=list(args), kwargs=dict(kwargs or {}), options=dict(options or {})
    )
    # Whatever goes wrong then is logged and no more: the row is committed, and the relay comes by. No
    # functools.partial: Django would log its __qualname__, and fail because it has none.
    transaction.on_commit(lambda: _send_after_commit(message.pk), robust=True)
    return message


def relay(*, limit: int = RELAYED_AT_ONCE) -> int:
    """Send the messages that are left; return how many were sent.

    Any number of processes may do so at once: each message is locked while it is sent, and passed over
    by the others. When the broker is away, this ends with the first message.
    """
    sent, refused = 0, list[UUID]()
    while sent + len(refused) < limit:
        with transaction.atomic():
            message = (
                OutboxMessage.objects.select_for_update(skip_locked=True).exclude(pk__in=refused).first()
            )
            if message is None:
                break
            error = _send(message)
        if isinstance(error, queue.QueueUnavailable):
            break
        if error:
            refused.append(message.pk)
        else:
            sent += 1
    return sent


def _send_after_commit(pk: UUID) -> None:
    """Send one message, unless somebody else has sent it or is doing so."""
    # A transaction may have written a hundred: not each of them waits for the broker in vain.
    if time.monotonic() < _pause.until:
        return
    with transaction.atomic():
        message = OutboxMessage.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        error = _send(message) if message else None
    if isinstance(error, queue.QueueUnavailable):
        _pause.until = time.monotonic() + PAUSE_SECONDS


def _send(message: OutboxMessage) -> Exception | None:
    """Send a locked message and delete it; what went wrong instead is noted, and returned."""
    try:
        queue.send(
            message.task_name,
            args=message.args,
            kwargs=message.kwargs,
            task_id=str(message.pk),
            **message.options,
        )
    except Exception as error:  # noqa: BLE001 - whatever it was, the message is kept and tried again
        message.attempts += 1
        message.last_error = f"{type(error).__name__}: {error}"
        message.save(update_fields=["attempts", "last_error"])
        logger.warning("outbox_message_kept", task=message.task_name, error=message.last_error)
        return error
    message.delete()
    return None
