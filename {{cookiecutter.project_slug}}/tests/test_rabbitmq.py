"""What only RabbitMQ does, with a real one."""

import sys
from pathlib import Path

import pytest
from celery import current_app
from django.conf import settings

from apps.background.models import DeadLetter
from apps.core.queue import enqueue_on_commit, send
from apps.core.queues import count_waiting
from config import broker
from tests import processes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.lesson("celery-delivery-guarantees"),
    pytest.mark.skipif(
        not broker.is_rabbitmq(settings.CELERY_BROKER_URL), reason="CELERY_BROKER_URL names another broker."
    ),
    pytest.mark.skipif(sys.platform == "win32", reason="Celery's pool of processes has to fork."),
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "log").touch()
    return tmp_path / "log"


def give_back(queue: str, times: int) -> None:
    """Take the next message of a queue and give it back, as a worker does that dies with it."""
    with current_app.connection_for_read() as connection:
        bound = current_app.amqp.queues[queue].bind(connection.default_channel)
        for _ in range(times):
            message = bound.get()
            assert message is not None
            message.requeue()


def test_a_message_that_was_delivered_too_often_becomes_a_dead_letter(log: Path) -> None:
    diary = log.with_name("diary")
    diary.touch()
    # Makes the queues, that of the dead letters too.
    with processes.worker(log):
        processes.wait_until(lambda: "ready." in log.read_text(), log=log)
    send("tests.write_line", kwargs={"diary": str(diary), "line": "poison"}, task_id="poison")
    give_back("default", broker.DELIVERY_LIMIT + 1)
    assert count_waiting()["default"] == 0

    with processes.worker(log):
        processes.wait_until(DeadLetter.objects.exists, log=log)

    letter = DeadLetter.objects.get()
    assert (letter.task_id, letter.reason) == ("poison", "lost_too_often")
    assert letter.arguments == ([], {"diary": str(diary), "line": "poison"})
    assert diary.read_text() == ""


def test_what_waits_is_counted_by_queue(log: Path) -> None:
    diary = log.with_name("diary")
    for name in ("tests.write_line", "tests.send_line", "tests.send_line"):
        enqueue_on_commit(name, diary=str(diary), line=name)

    assert count_waiting() == {"default": 1, "mail": 2, "reports": 0}
    with processes.worker(log):
        processes.wait_until(lambda: diary.exists() and diary.read_text().count("\n") == 3, log=log)
