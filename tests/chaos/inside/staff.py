"""The worker and the schedulers: processes as on a server, with production's settings."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests import processes

WORKER = ("celery", "-A", "config", "worker", "--include=tests.chaos.tasks")
BEAT = ("celery", "-A", "config", "beat", "--pidfile=")
CONCURRENCY = 4
# After so long, Redis gives away what a worker has not acknowledged; it looks every ten seconds.
VISIBILITY_SECONDS = 15
GRACE_SECONDS = 2
STOP_SECONDS = 60


class Process:
    """A process in a group of its own, and how to end it."""

    def __init__(self, *command: str, log: Path) -> None:
        self.command, self.log = command, log
        self.popen = self._start()

    def is_alive(self) -> bool:
        return self.popen.poll() is None

    def start_again(self) -> None:
        self.popen = self._start()

    def kill(self) -> None:
        """End it with its children, as when its machine loses power."""
        os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()

    def stop(self) -> None:
        """Ask it to end, and wait; by force when it takes too long."""
        self.popen.terminate()
        try:
            self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.popen.pid).children(recursive=True)

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=processes.PROJECT_DIR,
                env=environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def environment() -> dict[str, str]:
    return processes.production_environment(
        LOG_LEVEL="INFO",
        CELERY_WORKER_CONCURRENCY=str(CONCURRENCY),
        CELERY_WORKER_GRACE_SECONDS=str(GRACE_SECONDS),
        CELERY_VISIBILITY_TIMEOUT=str(VISIBILITY_SECONDS),
    )


class Staff:
    """One worker and some schedulers."""

    def __init__(self, folder: Path, *, beats: int) -> None:
        self.worker = Process(*WORKER, log=folder / "worker.log")
        self.beats = [Process(*BEAT, log=folder / "beat.log") for _ in range(beats)]
        # Nobody has struck them.
        self.ended_by_themselves = 0

    def look_after(self) -> None:
        """Start again what has ended, as every platform does."""
        for process in (self.worker, *self.beats):
            if not process.is_alive():
                self.ended_by_themselves += 1
                process.start_again()
                # One that cannot start is not to be started all the time.
                time.sleep(1)

    def stop(self) -> None:
        for process in (*self.beats, self.worker):
            process.stop()


@contextmanager
def at_work(folder: Path, *, beats: int) -> Iterator[Staff]:
    """Have the processes inside the block; their output goes to files in ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    staff = Staff(folder, beats=beats)
    try:
        yield staff
    finally:
        staff.stop()
