"""Tasks that only the tests have; a worker gets them by ``--include tests.probe_tasks``."""

import os
import signal
import time
from pathlib import Path

from celery import Task, shared_task
from celery.exceptions import Reject, SoftTimeLimitExceeded

PATIENCE_SECONDS = 60


@shared_task(name="tests.wait_for_file")
def wait_for_file(*, diary: str, file: str) -> None:
    """Write "started", wait until ``file`` exists, write "finished"."""
    write_line(diary=diary, line="started")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not Path(file).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    write_line(diary=diary, line="finished")


@shared_task(name="tests.succeed_at_last", bind=True, max_retries=4)
def succeed_at_last(self: Task[..., None], *, diary: str) -> None:
    """Succeed at the fifth attempt; every other one comes at once, and the rest a second later."""
    attempt = self.request.retries or 0
    write_line(diary=diary, line=f"attempt {attempt}")
    if attempt < 4:
        raise self.retry(countdown=attempt % 2)


@shared_task(name="tests.fail")
def fail() -> None:
    raise ValueError("this task always fails")


@shared_task(name="tests.write_line")
def write_line(*, diary: str, line: str) -> None:
    with Path(diary).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


@shared_task(name="tests.write_id", bind=True)
def write_id(self: Task[..., None], *, diary: str) -> None:
    write_line(diary=diary, line=str(self.request.id))


@shared_task(name="tests.stumble")
def stumble(*, diary: str, times: int) -> None:
    """Write the time; fail as a network does, so many times."""
    write_line(diary=diary, line=str(time.time()))
    if len(Path(diary).read_text(encoding="utf-8").splitlines()) <= times:
        raise ConnectionResetError("the other side hung up")


@shared_task(name="tests.die")
def die(*, diary: str) -> None:
    """End the process, as running out of memory does."""
    write_line(diary=diary, line="started")
    os.kill(os.getpid(), signal.SIGKILL)


@shared_task(name="tests.overrun", soft_time_limit=1, time_limit=2)
def overrun(*, diary: str, stubborn: bool) -> None:
    """Take longer than the limits; a stubborn task does not hear the soft one."""
    write_line(diary=diary, line="started")
    try:
        time.sleep(PATIENCE_SECONDS)
    except SoftTimeLimitExceeded:
        if not stubborn:
            raise
        time.sleep(PATIENCE_SECONDS)


@shared_task(name="tests.want_memory")
def want_memory() -> None:
    raise MemoryError("there is no more")


@shared_task(name="tests.refuse")
def refuse() -> None:
    """Say that the message is to be thrown away."""
    raise Reject("not for me", requeue=False)


@shared_task(name="tests.send_line")
def send_line(*, diary: str, line: str) -> None:
    """Its name leads it to the queue "mail"."""
    write_line(diary=diary, line=line)


@shared_task(name="tests.report_line")
def report_line(*, diary: str, line: str) -> None:
    """Its name leads it to the queue "reports"."""
    write_line(diary=diary, line=line)
