"""Hand work to the task queue, by name.

By name, so that services need not import tasks, which import services.
"""

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils.module_loading import autodiscover_modules
from kombu import pools
from kombu.exceptions import LimitExceeded, OperationalError

from apps.core.errors import DomainError

# Messages carry keys and small values. What is larger belongs into the database or the storage: a broker
# keeps every message in memory, and so does each worker that has fetched it.
LARGEST_MESSAGE_BYTES = 64 * 1024

# The names of kombu's transports for how long to wait, of Redis and of AMQP: each reads its own.
TIMEOUTS = ("socket_connect_timeout", "socket_timeout", "read_timeout", "write_timeout")
# A connection that was kept may be dead, because the broker was restarted; a new one is not.
ONCE_MORE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}

logger = structlog.get_logger(__name__)


class QueueUnavailable(DomainError):
    """What you sent was stored, but the work that follows from it, such as sending an e-mail, could not be
    handed on: the task queue is not reachable.
    """

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "queue_unavailable"
    title = "The task queue cannot be reached."
    mend = "Look at what is stored now, and ask again in a minute for what is missing, such as the e-mail."


class UnsendableTask(ValueError):
    """A task that no worker could run; the message names what is wrong with it."""


def enqueue_on_commit(task_name: str, **kwargs: object) -> None:
    """Send a task to its queue once the current transaction is committed.

    Before the commit, a worker would look for rows that are not there yet; after a rollback, it
    would act on something that never happened. Outside a transaction the task is sent at once.

    Between the commit and the sending, a crash loses the task. Where that must not happen, see
    ``apps.background.outbox.enqueue_durably``.

    Args:
        task_name: The registered name, for example ``"users.clear_expired_sessions"``.
        kwargs: The task's arguments: JSON values, and primary keys rather than objects.

    Raises:
        UnsendableTask: At once, before anything is committed: the task is unknown, an argument is not
            JSON, or the message is too large.
        QueueUnavailable: After the commit, within seconds. What was written stays.
    """
    refuse_unsendable(task_name, kwargs=kwargs)
    transaction.on_commit(lambda: send(task_name, kwargs=kwargs))


def send(
    task_name: str,
    *,
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    task_id: str | None = None,
    **options: Any,
) -> None:
    """Send a task now, or give up within some three times ``QUEUE_PATIENCE_SECONDS``.

    Args:
        options: Of Celery's ``send_task``, for example ``queue``.

    Raises:
        QueueUnavailable: The broker cannot be reached, does not answer, or takes no more.
    """
    # By name, Celery knows nothing of the task, and without being told it would prepare to receive
    # a result: with a result store that is down, the request would wait for it.
    options.setdefault("ignore_result", current_app.conf.task_ignore_result)
    patience = settings.QUEUE_PATIENCE_SECONDS
    connection = current_app.connection_for_write(
        connect_timeout=patience, transport_options=dict.fromkeys(TIMEOUTS, patience)
    )
    try:
        with pools.producers[connection].acquire(block=True, timeout=patience) as producer:
            current_app.send_task(
                task_name,
                args=list(args),
                kwargs=dict(kwargs or {}),
                task_id=task_id,
                producer=producer,
                retry_policy=ONCE_MORE,
                **options,
            )
    except (OperationalError, LimitExceeded) as error:
        logger.error("queue_unavailable", task=task_name, error=str(error))
        raise QueueUnavailable from error


def refuse_unsendable(
    task_name: str, *, args: Sequence[object] = (), kwargs: Mapping[str, object] | None = None
) -> None:
    """Look at a task before it is promised to anybody.

    Raises:
        UnsendableTask: No task has this name, an argument is not JSON, or the message is too large.
    """
    _refuse_unknown(task_name)
    arguments = {**{f"number {place}": value for place, value in enumerate(args, 1)}, **(kwargs or {})}
    size = 0
    for name, value in arguments.items():
        try:
            size += len(name) + len(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError) as error:
            raise UnsendableTask(
                f"{task_name}: the argument {name} cannot be sent, it is not JSON ({error}). "
                "Send the primary key instead of an object, and isoformat() instead of a date."
            ) from error
    if size > LARGEST_MESSAGE_BYTES:
        raise UnsendableTask(
            f"{task_name}: the arguments have {size} bytes; {LARGEST_MESSAGE_BYTES} are allowed. "
            "Store what is large, and send its key."
        )


def _refuse_unknown(task_name: str) -> None:
    if task_name in current_app.tasks:
        return
    # A worker imports the tasks when it starts; a process that serves requests has no need to.
    autodiscover_modules("tasks")
    if task_name in current_app.tasks:
        return
    alike = get_close_matches(task_name, current_app.tasks, n=1)
    suggestion = f" Did you mean {alike[0]!r}?" if alike else ""
    raise UnsendableTask(f"No task is called {task_name!r}.{suggestion}")
