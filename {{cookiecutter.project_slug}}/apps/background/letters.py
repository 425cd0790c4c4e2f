"""Dead letters on their way to the database.

They travel as tasks. A worker's main process has no connection to the database, and its children would
inherit one that it opened; and the database may be just what is away. The task that writes a letter down
is tried until it succeeds.
"""

import json
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from apps.background.models import DeadLetter
from apps.core import queue

BURY = "background.bury"
# The end of a traceback says where it happened.
LONGEST_TRACEBACK = 20_000
LONGEST_UNREADABLE_BODY = 64 * 1024
# Not the body and the traceback, which may hold what belongs to somebody.
LOGGED = ("task_id", "task_name", "reason", "error")

Reason = DeadLetter.Reason

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A message that came to nothing.

    Args:
        body: What ``body_of`` makes of the arguments; of a message without, what there is.
        stack: The traceback, where ``error`` has lost it.
        retries: How often it had been tried again.
    """

    task_id: str
    task_name: str
    reason: DeadLetter.Reason
    body: str
    error: BaseException
    stack: str = ""
    retries: int = 0

    def as_json(self) -> dict[str, str | int]:
        stack = self.stack or "".join(traceback.format_exception(self.error))
        return {
            "task_id": self.task_id,
            "task_name": self.task_name,
            "reason": str(self.reason),
            "body": self.body,
            "error": f"{type(self.error).__name__}: {self.error}",
            "traceback": stack[-LONGEST_TRACEBACK:],
            "retries": self.retries,
            "failed_at": datetime.now(UTC).isoformat(),
        }


def bury(letter: Letter) -> None:
    """Have a message kept that came to nothing.

    Raises:
        QueueUnavailable: The letter is not on its way, so the message must not be acknowledged yet.
    """
    written = letter.as_json()
    logger.error("dead_letter", **{name: written[name] for name in LOGGED})
    if letter.task_name == BURY:
        # A letter about a letter would go the same way: the log is the last to keep it.
        logger.critical("dead_letter_not_written", letter=written)
        return
    queue.send(BURY, kwargs=written)


def body_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The arguments as ``DeadLetter.arguments`` reads them."""
    return json.dumps([list(args), dict(kwargs)], default=repr)


def readable(body: object) -> str:
    """The beginning of a body that is not what it should be."""
    text = body.decode(errors="backslashreplace") if isinstance(body, bytes) else str(body)
    return text[:LONGEST_UNREADABLE_BODY]
