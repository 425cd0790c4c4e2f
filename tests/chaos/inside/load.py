"""Tasks that are sent, as requests send them, and which of them were accepted."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from django.db import InterfaceError, OperationalError, close_old_connections, connection, transaction

from apps.background.outbox import enqueue_durably
from apps.core import queue
from tests.chaos import tasks

PER_SECOND = 25.0
# One of so many tasks takes long enough to be hit in the middle; one of so many is sent plainly, the others
# by the outbox.
LONG_EVERY, PLAIN_EVERY = 20, 4
SHORT_SECONDS = 0.02

Send = Callable[[str, float], None]


def send_plainly(subject: str, seconds: float) -> None:
    with transaction.atomic():
        queue.enqueue_on_commit(tasks.NAME, subject=subject, seconds=seconds)


def send_durably(subject: str, seconds: float) -> None:
    with transaction.atomic():
        enqueue_durably(tasks.NAME, subject=subject, seconds=seconds)


def send_ten_times(subject: str, seconds: float) -> None:
    """Have the broker deliver one message ten times, as it may."""
    for _ in range(10):
        queue.send(tasks.NAME, kwargs={"subject": subject, "seconds": seconds}, task_id=f"id-of-{subject}")


def send_both_ways(subject: str, seconds: float) -> None:
    plainly = int(subject.rpartition("-")[2]) % PLAIN_EVERY == 0
    (send_plainly if plainly else send_durably)(subject, seconds)


class Load:
    """Requests in a thread of their own, one after the other, until enough tasks were accepted."""

    def __init__(self, send: Send, *, wanted: int, per_second: float, long_seconds: float) -> None:
        self.accepted: set[str] = set()
        self.refused = 0
        self.error: BaseException | None = None
        # What an earlier load has left behind is not one of ours.
        self._name = f"{time.time():.0f}"
        self._send, self._wanted = send, wanted
        self._pause, self._long_seconds = 1 / per_second, long_seconds
        self._leave = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def is_going(self) -> bool:
        return self._thread.is_alive()

    def finish(self) -> None:
        """Wait for its end.

        Raises:
            BaseException: What has stopped it too early.
        """
        self._thread.join()
        if self.error:
            raise self.error

    def leave(self) -> None:
        """Stop in any case."""
        self._leave.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            for number in count(1):
                if len(self.accepted) >= self._wanted or self._leave.is_set():
                    return
                self._request(number)
                time.sleep(self._pause)
        except BaseException as error:  # noqa: BLE001 - the other thread raises it again
            self.error = error
        finally:
            connection.close()

    def _request(self, number: int) -> None:
        # As at the begin of each request.
        close_old_connections()
        subject = f"{self._name}-{number}"
        # The tenth, so that few tasks have a long one among them too.
        is_long = number % LONG_EVERY == LONG_EVERY // 2
        try:
            self._send(subject, self._long_seconds if is_long else SHORT_SECONDS)
        except (queue.QueueUnavailable, OperationalError, InterfaceError):
            # Somebody was told that it did not work.
            self.refused += 1
        else:
            self.accepted.add(subject)


@contextmanager
def going(
    send: Send, wanted: int, *, per_second: float = PER_SECOND, long_seconds: float = tasks.LONG_SECONDS
) -> Iterator[Load]:
    """Have the requests come in during the block; it ends when all have."""
    load = Load(send, wanted=wanted, per_second=per_second, long_seconds=long_seconds)
    load.start()
    try:
        yield load
        load.finish()
    finally:
        load.leave()
