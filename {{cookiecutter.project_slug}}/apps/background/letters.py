"""Dead letters on their way to the database.

They travel as tasks. A worker's main process has no connection to the database, and its children would
inherit one that it opened; and the database may be just what is away. The task that writes a letter down
is tried until it succeeds.
"""

import json
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from apps.background.models import DeadLetter
from apps.core import queue

BURY = "background.bury"
# The end of a traceback says where it happened.
LONGEST_TRACEBACK = 20_000
LONGEST_UNREADABLE_BODY = 64 * 1024

Reason = DeadLetter.Reason

logger = structlog.get_logger(__name__)


def bury(
    *,
    task_id: str,
    task_name: str,
    reason: DeadLetter.Reason,
    body: str,
    error: BaseException,
    stack: str = "",
    retries: int = 0,
) -> None:
    """Have a message kept that came to nothing.

    Args:
        body: What ``body_of`` makes of the arguments; of a message without, what there is.
        stack: The traceback, where ``error`` has lost it.

    Raises:
        QueueUnavailable: The letter is not on its way, so the message must not be acknowledged yet.
    """
    letter = {
        "task_id": task_id,
        "task_name": task_name,
        "reason": str(reason),
        "body": body,
        "error": f"{type(error).__name__}: {error}",
        "traceback": (stack or "".join(traceback.format_exception(error)))[-LONGEST_TRACEBACK:],
        "retries": retries,
        "failed_at": datetime.now(UTC).isoformat(),
    }
    logger.error(
        "dead_letter", **{name: letter[name] for name in ("task_id", "task_name", "reason", "error")}
    )
    if task_name == BURY:
        # A letter about a letter would go the same way: the log is the last to keep it.
        logger.critical("dead_letter_not_written", letter=letter)
        return
    queue.send(BURY, kwargs=letter)


def body_of(args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The arguments as ``DeadLetter.arguments`` reads them."""
    return json.dumps([list(args), dict(kwargs)], default=repr)


def readable(body: object) -> str:
    """The beginning of a body that is not what it should be."""
    text = body.decode(errors="backslashreplace") if isinstance(body, bytes) else str(body)
    return text[:LONGEST_UNREADABLE_BODY]
