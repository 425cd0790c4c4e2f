"""What becomes of messages that do not succeed, with a real worker on a real broker."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import current_app

from apps.background.base import MOST_DELIVERIES
from apps.background.models import DeadLetter
from apps.background.services import send_again
from apps.core.queue import enqueue_on_commit
from tests import processes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.lesson("celery-delivery-guarantees"),
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


def letter_when_written(log: Path) -> DeadLetter:
    """The only dead letter, as soon as it is there."""
    processes.wait_until(DeadLetter.objects.exists, log=log)
    return DeadLetter.objects.get()


def wait_for_the_worker(log: Path, diary: Path) -> None:
    """Wait until what was sent before has been looked at."""
    seen = diary.with_name("seen")
    seen.touch()
    enqueue_on_commit("tests.write_line", diary=str(seen), line="seen")
    processes.wait_until(seen.read_text, log=log)


def put_on_the_queue(body: bytes, headers: dict[str, Any], content_type: str = "application/json") -> None:
    """Send what Celery would not."""
    with current_app.connection_for_write() as connection, connection.Producer() as producer:
        producer.publish(
            body,
            routing_key=current_app.conf.task_default_queue,
            headers=headers,
            content_type=content_type,
            content_encoding="utf-8",
        )


def test_transient_error_is_tried_again_later_and_later_until_it_succeeds(log: Path, diary: Path) -> None:
    enqueue_on_commit("tests.stumble", diary=str(diary), times=2)

    processes.wait_until(lambda: len(diary.read_text().splitlines()) == 3, log=log)
    wait_for_the_worker(log, diary)
    assert not DeadLetter.objects.exists()


def test_other_error_is_not_tried_again_and_leaves_a_dead_letter(log: Path) -> None:
    enqueue_on_commit("tests.fail")

    letter = letter_when_written(log)
    assert (letter.task_name, letter.reason, letter.retries) == ("tests.fail", "failed", 0)
    assert letter.error == "ValueError: this task always fails"
    assert 'raise ValueError("this task always fails")' in letter.traceback


def test_task_that_kills_its_process_is_given_up_after_some_deliveries(log: Path, diary: Path) -> None:
    enqueue_on_commit("tests.die", diary=str(diary))

    letter = letter_when_written(log)
    assert (letter.reason, letter.arguments) == ("lost_too_often", ([], {"diary": str(diary)}))
    assert diary.read_text() == "started\n" * MOST_DELIVERIES


@pytest.mark.parametrize(
    ("stubborn", "error"),
    [
        (False, "SoftTimeLimitExceeded: SoftTimeLimitExceeded()"),
        (True, "TimeLimitExceeded: TimeLimitExceeded(2,)"),
    ],
    ids=["soft limit", "hard limit"],
)
def test_task_past_its_time_limit_leaves_a_dead_letter(
    log: Path, diary: Path, stubborn: bool, error: str
) -> None:
    enqueue_on_commit("tests.overrun", diary=str(diary), stubborn=stubborn)

    letter = letter_when_written(log)
    assert (letter.reason, letter.error) == ("timed_out", error)
    wait_for_the_worker(log, diary)
    assert diary.read_text() == "started\n"


def test_task_that_finds_no_memory_leaves_a_dead_letter_and_the_worker_alive(log: Path, diary: Path) -> None:
    enqueue_on_commit("tests.want_memory")

    letter = letter_when_written(log)
    assert (letter.reason, letter.error) == ("failed", "MemoryError: there is no more")
    wait_for_the_worker(log, diary)


def test_message_that_its_task_rejects_leaves_one_dead_letter(log: Path, diary: Path) -> None:
    enqueue_on_commit("tests.refuse")

    letter = letter_when_written(log)
    assert (letter.reason, letter.arguments) == ("failed", ([], {}))
    assert letter.error.startswith("Reject: ")
    # RabbitMQ must not hear of a refusal: it would move the message to its own dead letters as well.
    wait_for_the_worker(log, diary)
    told = [line for line in log.read_text().splitlines() if "dead_letter" in line and letter.task_id in line]
    assert len(told) == 1


def test_unknown_task_leaves_a_dead_letter_with_its_arguments(log: Path) -> None:
    current_app.send_task("tests.of_tomorrow", args=[1], kwargs={"name": "Ada"}, task_id="id-of-tomorrow")

    letter = letter_when_written(log)
    assert (letter.task_id, letter.task_name) == ("id-of-tomorrow", "tests.of_tomorrow")
    assert (letter.reason, letter.arguments) == ("unknown_task", ([1], {"name": "Ada"}))


@pytest.mark.parametrize(
    ("body", "headers", "content_type"),
    [
        (b"garbage", {}, "application/json"),
        (b"garbage", {"task": "tests.write_line", "id": "1"}, "application/json"),
        (b"[]", {"task": "tests.write_line", "id": "1"}, "application/json"),
        (b"{}", {"task": "tests.write_line"}, "application/json"),
        (b"[[], {}, {}]", {"task": "tests.write_line"}, "application/json"),
        (b"[[], {}, {}]", {"task": "tests.write_line", "id": "1", "eta": "soon"}, "application/json"),
        (b"null", {}, "application/json"),
        (b"\x80\x04N.", {"task": "tests.write_line", "id": "1"}, "application/x-python-serialize"),
        (b"zero \x00 \xff", {"task": "tests.write_line", "id": "1"}, "application/x-unheard-of"),
    ],
    ids=[
        "no headers",
        "no JSON",
        "no arguments",
        "no list",
        "no id",
        "no time",
        "nothing",
        "pickle",
        "unknown content type",
    ],
)
def test_message_that_cannot_be_read_leaves_a_dead_letter(
    log: Path, diary: Path, body: bytes, headers: dict[str, Any], content_type: str
) -> None:
    put_on_the_queue(body, headers, content_type)

    letter = letter_when_written(log)
    assert letter.reason == "unreadable"
    wait_for_the_worker(log, diary)


def test_dead_letter_sent_again_runs_with_the_same_arguments(log: Path, diary: Path) -> None:
    letter = DeadLetter.objects.create(
        task_id="1",
        task_name="tests.write_line",
        reason="failed",
        body=json.dumps([[], {"diary": str(diary), "line": "at last"}]),
    )

    send_again(letter=letter)

    processes.wait_until(diary.read_text, log=log)
    letter.refresh_from_db()
    assert (diary.read_text(), letter.sent_again_at is not None) == ("at last\n", True)
