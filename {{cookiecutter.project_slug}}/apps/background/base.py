"""What every task of this project is, without saying so: it survives its worker and its network.

``config/celery.py`` makes ``SafeTask`` the class of all tasks. A message ends in one of three ways: the task
succeeded, it was sent anew for another attempt, or a dead letter is on its way. Only then is it acknowledged.
"""

import smtplib
import socket
from typing import Any

import redis
import structlog
from celery.contrib.django.task import DjangoTask
from celery.exceptions import Ignore, Reject, SoftTimeLimitExceeded, TimeLimitExceeded
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

from apps.background.letters import Letter, Reason, body_of, bury
from apps.core.mail import MailUnavailable, is_temporary
from apps.core.queue import QueueUnavailable

# What may be over in a minute, so that trying again makes sense. A task that talks to others adds theirs:
# @shared_task(…, autoretry_for=(*TRANSIENT, httpx.TransportError)).
TRANSIENT = (
    # Built into Python: refused, reset and broken connections, time-outs, a name server that is away.
    ConnectionError,
    TimeoutError,
    socket.gaierror,
    # The database: restarted, out of connections, a deadlock.
    InterfaceError,
    OperationalError,
    # The cache and the broker.
    redis.ConnectionError,
    redis.TimeoutError,
    BrokerError,
    QueueUnavailable,
    # The mail server: as apps/core/mail.py tells it, and as smtplib does. Of its refusals, those that it
    # calls permanent are left out below.
    MailUnavailable,
    smtplib.SMTPServerDisconnected,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPResponseException,
)
# A message is given to so many processes that die of it; then it is a dead letter.
MOST_DELIVERIES = 5
REMEMBERED_SECONDS = 24 * 60 * 60

logger = structlog.get_logger(__name__)


class SafeTask(DjangoTask[..., Any]):
    """The base of all tasks; each may set another value where its own reason is stronger."""

    Request = "apps.background.request:SafeRequest"
    # Acknowledged when it has ended, and given back when its process has died: so it may run twice.
    acks_late = True
    reject_on_worker_lost = True
    # About 2, 4, 8 … seconds, each at random between nothing and that: a hundred tasks that failed together
    # do not come back together. Eight attempts take four minutes on average, as long as a restart does.
    autoretry_for = TRANSIENT
    max_retries = 8
    retry_backoff = 2
    retry_backoff_max = 5 * 60
    retry_jitter = True

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Give up a message that was lost with its process again and again.

        Raises:
            Ignore: It is a dead letter now.
            Reject: It could not be made one, and goes back to the queue.
        """
        if not (self.request.delivery_info or {}).get("redelivered"):
            return
        if self._count_losses() >= MOST_DELIVERIES:
            lost = ChildProcessError(f"Its process ended {MOST_DELIVERIES} times, and the task never.")
            self._bury(Reason.LOST_TOO_OFTEN, lost)
            raise Ignore

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        """Make a dead letter of what has failed for good.

        Raises:
            Reject: That was not possible: the message goes back to the queue.
        """
        # Past its hard limit a task has no process any more: its request has seen to the letter.
        if self.request.is_eager or isinstance(exc, TimeLimitExceeded):
            return
        reason = Reason.TIMED_OUT if isinstance(exc, SoftTimeLimitExceeded) else Reason.FAILED
        self._bury(reason, exc, stack=str(einfo))

    def retry(self, *args: Any, **kwargs: Any) -> Any:
        """Try again later, as Celery does, save for two cases.

        Raises:
            Reject: The message for the next attempt cannot be sent. Celery would throw this one away.
        """
        error = kwargs.get("exc")
        if isinstance(error, Exception) and is_refused_for_good(error):
            raise error
        try:
            return super().retry(*args, **kwargs)
        except Reject as reject:
            raise Reject(str(reject), requeue=True) from reject

    def _count_losses(self) -> int:
        """How often this message came back without the task having ended; each attempt counts anew.

        Messages come back also when a worker is stopped before it has begun with them: those do not count,
        because this runs in the process that is about to begin.
        """
        key = f"deliveries:{self.request.id}:{self.request.retries}"
        try:
            cache.add(key, 0, REMEMBERED_SECONDS)
            return cache.incr(key)
        except Exception as error:  # noqa: BLE001 - without its memory, the task runs as any other
            logger.warning("losses_not_counted", error=type(error).__name__)
            return 0

    def _bury(self, reason: Reason, error: BaseException, *, stack: str = "") -> None:
        request = self.request
        try:
            bury(
                Letter(
                    task_id=str(request.id),
                    task_name=self.name,
                    reason=reason,
                    body=body_of(request.args or [], request.kwargs or {}),
                    error=error,
                    stack=stack,
                    retries=request.retries,
                )
            )
        except QueueUnavailable as unavailable:
            raise Reject(unavailable, requeue=True) from unavailable


def is_refused_for_good(error: Exception) -> bool:
    """Whether a mail server said that trying again is in vain, to code that does not ask ``send_mail``."""
    return isinstance(error, smtplib.SMTPException) and not is_temporary(error)
