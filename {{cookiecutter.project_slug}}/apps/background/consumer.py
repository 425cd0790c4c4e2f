"""What a worker does with messages that are no task of this project.

Celery logs and discards them. But they were accepted: a worker of the old code meets the new task's name
during a deployment, and somebody waits for it.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from celery.signals import task_unknown
from celery.worker.consumer import Consumer

from apps.background.letters import Letter, Reason, body_of, bury, readable
from apps.core.queue import QueueUnavailable

# What Celery stumbles over in a message that has a task's headers, and not a task's body.
MALFORMED = (AttributeError, LookupError, TypeError, ValueError)

logger = structlog.get_logger(__name__)


class SafeConsumer(Consumer):
    """Makes dead letters of messages that cannot be read, or name a task that nobody knows."""

    connection_errors: tuple[type[Exception], ...]

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Callable[[Any], None]:
        handle = super().create_task_handler(*args, **kwargs)

        def on_task_received(message: Any) -> None:
            try:
                handle(message)
            except MALFORMED as error:
                if message.acknowledged:
                    raise
                # It would end the worker, and the next one that gets it.
                self.on_decode_error(message, error)

        return on_task_received

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        name = str(message.headers.get("task") or "")
        unknown = LookupError(f"No task is called {name!r} in this worker.")
        self._bury(message, Reason.UNKNOWN_TASK, unknown)
        task_unknown.send(sender=self, message=message, exc=exc, name=name, id=message.headers.get("id"))

    def on_unknown_message(self, body: Any, message: Any) -> None:
        self._bury(message, Reason.UNREADABLE, LookupError("The message names no task."))

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        self._bury(message, Reason.UNREADABLE, exc)

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        self._bury(message, Reason.UNREADABLE, exc)

    def _bury(self, message: Any, reason: Reason, error: Exception) -> None:
        """Acknowledge the message when its dead letter is on its way; give it back when that fails."""
        headers = message.headers if isinstance(message.headers, dict) else {}
        # The headers of garbage prove nothing: its id might be that of another letter.
        own_id = headers.get("id") if reason == Reason.UNKNOWN_TASK else None
        try:
            bury(
                Letter(
                    task_id=str(own_id or uuid4()),
                    task_name=str(headers.get("task") or ""),
                    reason=reason,
                    body=arguments_in(message) if reason == Reason.UNKNOWN_TASK else readable(message.body),
                    error=error,
                )
            )
        except QueueUnavailable:
            message.reject_log_error(logger, self.connection_errors, requeue=True)
        else:
            message.ack_log_error(logger, self.connection_errors)


def arguments_in(message: Any) -> str:
    """The arguments, as a dead letter keeps them; what is there instead, where they cannot be read."""
    try:
        args, kwargs, *_ = message.decode()
        return body_of(args, kwargs)
    except Exception:  # noqa: BLE001 - whatever keeps it from being read, the message is kept as it is
        return readable(message.body)
