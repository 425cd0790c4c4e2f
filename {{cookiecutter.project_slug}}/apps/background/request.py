"""A message on its way through a worker's main process."""

from typing import Any

from billiard.einfo import ExceptionWithTraceback  # type: ignore[attr-defined]  # its stubs are older
from celery.exceptions import Ignore, Reject, Retry, Terminated, TimeLimitExceeded, WorkerLostError
from celery.worker.request import Request
from celery.worker.state import task_ready

from apps.background.letters import Letter, Reason, body_of, bury
from apps.core.queue import QueueUnavailable


class SafeRequest(Request):
    """Writes the dead letters that a task cannot write itself: its process is gone, or never got to it."""

    def on_failure(self, exc_info: Any, send_failed_event: bool = True, return_ok: bool = False) -> None:
        """End a message whose task did not succeed.

        Args:
            return_ok: The task's process lives, so that ``SafeTask.on_failure`` has done all this.
        """
        error = exc_info.exception
        # From another process it comes wrapped, together with the text of its traceback.
        if isinstance(error, ExceptionWithTraceback):
            error = error.exc
        # Celery would end the whole worker, with all that the other processes are doing.
        out_of_memory = isinstance(error, MemoryError)
        if not out_of_memory and (return_ok or not self._is_the_end(error)):
            super().on_failure(exc_info, send_failed_event=send_failed_event, return_ok=return_ok)
            return
        task_ready(self)
        reason = Reason.TIMED_OUT if isinstance(error, TimeLimitExceeded) else Reason.FAILED
        if return_ok or self._bury(reason, error, stack=str(exc_info.traceback)):
            self.acknowledge()
        else:
            self.reject(requeue=True)

    def reject(self, requeue: bool = False) -> None:
        """Give the message back; or refuse it, which makes it a dead letter."""
        if requeue or self.acknowledged:
            super().reject(requeue=requeue)
        elif self._bury(Reason.FAILED, Reject("The task rejected the message.", requeue=False)):
            # Refused, RabbitMQ would move it to its own queue of dead letters: a second one.
            self.acknowledge()
            self.send_event("task-rejected", requeue=False)
        else:
            super().reject(requeue=True)

    def _is_the_end(self, error: BaseException) -> bool:
        """Whether Celery would now acknowledge the message, and nobody would hear of it again."""
        if isinstance(error, WorkerLostError):
            return not self.task.reject_on_worker_lost
        return isinstance(error, Exception) and not isinstance(error, Ignore | Reject | Retry | Terminated)

    def _bury(self, reason: Reason, error: BaseException, *, stack: str = "") -> bool:
        """Whether a dead letter is on its way."""
        try:
            bury(
                Letter(
                    task_id=self.id,
                    task_name=self.type,
                    reason=reason,
                    body=body_of(self.args, self.kwargs),
                    error=error,
                    stack=stack,
                    retries=self.request_dict.get("retries") or 0,
                )
            )
        except QueueUnavailable:
            return False
        return True
