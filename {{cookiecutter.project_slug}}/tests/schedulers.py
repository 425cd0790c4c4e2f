"""Schedulers in processes of their own, on the database and the queue of the tests."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from celery import current_app
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.background import outbox
from tests import processes


class ToldScheduler:
    """A process of ``tests.told_scheduler``."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def tell(self, moment: datetime) -> None:
        """Let it fire what is due at ``moment``, without waiting for it."""
        assert self.process.stdin
        self.process.stdin.write(f"{moment.isoformat()}\n")
        self.process.stdin.flush()

    def await_answer(self, answer: str = "done") -> None:
        assert self.process.stdout
        # The lines of the log come by the same way.
        for line in self.process.stdout:
            if line == f"said {answer}\n":
                return
        raise AssertionError(f"It ended without saying {answer!r}.")

    def kill(self) -> None:
        """As when its machine loses power."""
        self.process.kill()
        self.process.wait()


@contextmanager
def told_scheduler(*arguments: str, **variables: str) -> Iterator[ToldScheduler]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.told_scheduler", *arguments],
        cwd=processes.PROJECT_DIR,
        env={**os.environ, "DATABASE_URL": processes.database_url(), **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield ToldScheduler(process)
    finally:
        process.kill()
        process.communicate()


def beat(log: Path) -> Any:
    """Run the scheduler that the settings name, as a server does."""
    environment = {**os.environ, "DATABASE_URL": processes.database_url(), "LOG_LEVEL": "INFO"}
    return processes.running("celery", "-A", "config", "beat", "--pidfile=", environment=environment, log=log)


def plan(name: str, *, task: str = "tests.write_line", **columns: object) -> PeriodicTask:
    return PeriodicTask.objects.create(name=name, task=task, **columns)


def every(seconds: int) -> IntervalSchedule:
    return IntervalSchedule.objects.create(every=seconds, period=IntervalSchedule.SECONDS)


def take_messages() -> list[dict[str, Any]]:
    """Take all messages out of the queue; their headers."""
    headers = []
    with current_app.connection_for_read() as connection:
        queue: Any = current_app.amqp.queues[current_app.conf.task_default_queue]
        queue = queue(connection.default_channel)
        queue.declare()
        while message := queue.get(no_ack=True):
            headers.append(message.headers)
    return headers


def run_two_for_a_while(folder: Path, *, runs: int) -> tuple[int, int]:
    """Let two schedulers and a worker run until a task of every second ran ``runs`` times.

    Returns:
        How often it was due, by the scheduler's own count, and how often it ran. A message that is delivered
        again counts once: a scheduler that is stopped just after sending leaves it to be sent once more.
    """
    log, diary = folder / "log", folder / "diary"
    log.touch()
    diary.touch()
    with processes.worker(log):
        with beat(log), beat(log):
            processes.wait_until(lambda: log.read_text().count("beat: Starting") == 2, log=log)
            entry = json.dumps({"diary": str(diary)})
            task = plan("every second", task="tests.write_id", interval=every(1), kwargs=entry)
            processes.wait_until(lambda: len(set(lines_of(diary))) >= runs, log=log)
        # What a scheduler had written when it was stopped, and not sent.
        outbox.relay()
        current_app.send_task("tests.write_line", kwargs={"diary": str(diary), "line": "done"})
        processes.wait_until(lambda: "done" in lines_of(diary), log=log)
    task.refresh_from_db()
    return task.total_run_count, len(set(lines_of(diary)) - {"done"})


def lines_of(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines()
