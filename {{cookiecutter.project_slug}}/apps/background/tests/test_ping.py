"""``manage.py ping``, with which a container asks for its health."""

import platform
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.core.doctor.heartbeat import ALIVE_SECONDS, leave_sign
from tests import processes

HERE = platform.node()


def test_a_scheduler_that_gave_a_sign_a_moment_ago_is_at_work(capsys: pytest.CaptureFixture[str]) -> None:
    leave_sign(f"{HERE}:1", now=time.time())

    call_command("ping", "scheduler")

    assert capsys.readouterr().out == f"The scheduler of {HERE} is at work.\n"


@pytest.mark.parametrize(
    ("name", "age"), [(f"{HERE}:1", ALIVE_SECONDS + 1), ("elsewhere:1", 0), (f"{HERE}-2:1", 0)]
)
def test_an_old_sign_and_one_of_another_machine_do_not_count(name: str, age: int) -> None:
    leave_sign(name, now=time.time() - age)

    with pytest.raises(CommandError, match=f"The scheduler of {HERE} gives no sign of life"):
        call_command("ping", "scheduler")


@pytest.mark.django_db(transaction=True)
def test_a_running_worker_answers_and_one_that_is_gone_does_not(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with processes.worker(log):
        processes.wait_until(lambda: "ready." in log.read_text(), log=log)
        call_command("ping", "worker")

    with pytest.raises(CommandError, match="gives no sign of life"):
        call_command("ping", "worker")
