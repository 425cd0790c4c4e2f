"""A worker that dies loses nothing."""

import os
import signal
import sys
from pathlib import Path

import pytest

from apps.core.queue import enqueue_on_commit
from tests import processes


@pytest.mark.django_db(transaction=True)
@pytest.mark.lesson("celery-delivery-guarantees")
@pytest.mark.skipif(sys.platform == "win32", reason="Process groups are POSIX's.")
def test_task_of_a_killed_worker_is_executed_again(tmp_path: Path) -> None:
    log, diary = tmp_path / "log", tmp_path / "diary"
    log.touch()
    diary.touch()
    permission_to_finish = tmp_path / "finish"
    with processes.worker(log) as first:
        processes.wait_until(lambda: "ready." in log.read_text(), log=log)
        enqueue_on_commit("tests.wait_for_file", diary=str(diary), file=str(permission_to_finish))
        processes.wait_until(lambda: diary.read_text() == "started\n", log=log)
        processes.wait_until(processes.is_task_accepted, log=log)
        # The worker and its pool, as when the machine loses power.
        os.killpg(first.pid, signal.SIGKILL)
    permission_to_finish.touch()

    # It takes over what nobody has acknowledged for two seconds, not for an hour.
    with processes.worker(log, CELERY_VISIBILITY_TIMEOUT="2"):
        processes.wait_until(lambda: diary.read_text() == "started\nstarted\nfinished\n", log=log)
