"""A worker that is told to stop finishes what it can, and gives back what it cannot."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from apps.core.queue import enqueue_on_commit
from tests import processes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to be told by."),
]

SHORT, LONG = 3, 40


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[Path, Path, Path]]:
    """The log of the worker, the diary of the tasks, and what one of them waits for."""
    log, diary = tmp_path / "log", tmp_path / "diary"
    log.touch()
    diary.touch()
    yield log, diary, tmp_path / "finish"
    (tmp_path / "finish").touch()


def test_a_task_that_ends_within_the_grace_time_is_finished(files: tuple[Path, Path, Path]) -> None:
    log, diary, finish = files
    with worker(log, grace=LONG) as first:
        enqueue_on_commit("tests.wait_for_file", diary=str(diary), file=str(finish))
        processes.wait_until(lambda: diary.read_text() == "started\n", log=log)
        first.terminate()
        processes.wait_until(lambda: "Warm shutdown" in log.read_text(), log=log)
        finish.touch()
        # At once, not at the end of the grace time.
        first.wait(LONG / 2)

    with worker(log, grace=SHORT):
        enqueue_on_commit("tests.write_line", diary=str(diary), line="next")
        processes.wait_until(lambda: "next" in diary.read_text(), log=log)
    assert diary.read_text() == "started\nfinished\nnext\n"


def test_a_task_that_takes_longer_is_given_back_at_once(files: tuple[Path, Path, Path]) -> None:
    log, diary, finish = files
    with worker(log, grace=SHORT) as first:
        enqueue_on_commit("tests.wait_for_file", diary=str(diary), file=str(finish))
        processes.wait_until(lambda: diary.read_text() == "started\n", log=log)
        told = time.monotonic()
        first.terminate()
        first.wait(SHORT + 15)
        assert time.monotonic() - told >= SHORT
    finish.touch()

    with worker(log, grace=SHORT):
        processes.wait_until(lambda: "finished" in diary.read_text(), log=log)
        enqueue_on_commit("tests.write_line", diary=str(diary), line="next")
        processes.wait_until(lambda: "next" in diary.read_text(), log=log)
    assert diary.read_text() == "started\nstarted\nfinished\nnext\n"


def worker(log: Path, *, grace: int) -> AbstractContextManager[subprocess.Popen[bytes]]:
    return processes.worker(log, CELERY_WORKER_GRACE_SECONDS=str(grace))
