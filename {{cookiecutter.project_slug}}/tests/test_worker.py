"""A real worker, a real broker: what no eager mode can show."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from apps.core.queue import enqueue_on_commit
from apps.users.tests.factories import PASSWORD, UserFactory
from tests import processes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    # Celery's prefork pool, which these tests are about, needs a system that can fork.
    pytest.mark.skipif(sys.platform == "win32", reason="Celery runs tasks in-process on Windows."),
]


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    file = tmp_path / "diary"
    file.touch()
    return file


@pytest.fixture(scope="module")
def log(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The output of a running worker."""
    log = tmp_path_factory.mktemp("worker") / "log"
    with processes.worker(log):
        processes.wait_until(lambda: "ready." in log.read_text(), log=log)
        yield log


def test_task_of_a_request_is_executed_by_the_worker(log: Path) -> None:
    user = UserFactory.create(email="old@example.com")
    client = APIClient()
    client.force_authenticate(user)
    change = {"email": "new@example.com", "current_password": PASSWORD}

    response = client.patch("/api/v1/users/me/", change)

    assert response.status_code == 200
    processes.wait_until(lambda: "To: new@example.com" in log.read_text(), log=log)
    assert "/account/verify-email/?token=" in log.read_text()


@pytest.mark.lesson("celery-transaction-race")
def test_task_waits_for_a_transaction_that_is_slow_to_commit(log: Path) -> None:
    with transaction.atomic():
        user = UserFactory.create()
        enqueue_on_commit("users.send_email_changed_notice", user_id=user.pk, old_email="slow@example.com")
        # Time for the worker to look for the row, had it been told too early.
        time.sleep(1)

    processes.wait_until(lambda: "To: slow@example.com" in log.read_text(), log=log)


@pytest.mark.lesson("celery-transaction-race")
def test_task_is_not_sent_when_the_transaction_is_rolled_back(log: Path, diary: Path) -> None:
    with transaction.atomic():
        enqueue_on_commit("tests.wait_for_file", diary=str(diary), file=str(diary))
        transaction.set_rollback(True)

    # The queue keeps the order: what is sent afterwards is also executed afterwards.
    enqueue_on_commit("tests.write_line", diary=str(diary), line="sent afterwards")
    processes.wait_until(diary.read_text, log=log)
    assert diary.read_text() == "sent afterwards\n"


@pytest.mark.lesson("celery-pending-or-unregistered")
def test_one_worker_reads_every_queue(log: Path, diary: Path) -> None:
    for name in ("tests.write_line", "tests.send_line", "tests.report_line"):
        enqueue_on_commit(name, diary=str(diary), line=name)

    processes.wait_until(lambda: len(diary.read_text().splitlines()) == 3, log=log)


@pytest.mark.lesson("celery-delivery-guarantees")
def test_task_that_is_tried_again_comes_back_and_holds_nothing_up(log: Path, diary: Path) -> None:
    enqueue_on_commit("tests.succeed_at_last", diary=str(diary))

    processes.wait_until(lambda: "attempt 4" in diary.read_text(), log=log)
    assert diary.read_text() == "".join(f"attempt {number}\n" for number in range(5))


def test_failed_task_is_logged_once_as_json_with_its_traceback(log: Path) -> None:
    enqueue_on_commit("tests.fail")

    processes.wait_until(lambda: '"task_failed"' in log.read_text(), log=log)
    records = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    errors = [record for record in records if record["level"] == "error"]
    assert [record["message"] for record in errors] == ["dead_letter", "task_failed"]
    assert errors[1]["exception"][0]["exc_value"] == "this task always fails"
