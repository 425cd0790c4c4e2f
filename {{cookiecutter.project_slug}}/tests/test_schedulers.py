"""Two schedulers on one database, in processes of their own."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, PeriodicTask

from apps.background import outbox
from apps.background.models import OutboxMessage
from apps.background.scheduler import ClaimingScheduler
from tests.processes import cut_other_connections, wait_until, worker
from tests.schedulers import (
    beat,
    every,
    lines_of,
    plan,
    run_two_for_a_while,
    take_messages,
    told_scheduler,
)
from tests.told_scheduler import HANGS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.lesson("celery-beat-single")]

with_a_worker = pytest.mark.skipif(
    sys.platform == "win32", reason="Celery's prefork pool needs a system that can fork."
)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    current_app.control.purge()
    yield
    current_app.control.purge()


def test_two_schedulers_fire_each_run_of_ten_minutes_once() -> None:
    plan("every 7 s", interval=every(7), last_run_at=NOON)
    plan("every 10 s", interval=every(10), last_run_at=NOON)
    plan("every minute", crontab=CrontabSchedule.objects.create(), last_run_at=NOON)
    plan("at 12:05", clocked=ClockedSchedule.objects.create(clocked_time=NOON + 5 * MINUTE), one_off=True)
    switched_off = plan("switched off at 12:05", interval=every(10), last_run_at=NOON)
    changed = plan("changed at 12:02", interval=every(60), last_run_at=NOON)

    with told_scheduler() as first, told_scheduler() as second:
        # In between they would sleep: nothing can be due.
        for seconds in sorted({*range(0, 601, 7), *range(0, 601, 10)}):
            moment = NOON + timedelta(seconds=seconds)
            for scheduler in (first, second):
                scheduler.tell(moment)
            for scheduler in (first, second):
                scheduler.await_answer()
            if moment == NOON + 2 * MINUTE:
                edit(changed, interval=every(20))
            if moment == NOON + 5 * MINUTE:
                edit(switched_off, enabled=False)

    sent = Counter(message["periodic_task_name"] for message in take_messages())
    assert sent == {
        "every 7 s": 85,
        "every 10 s": 60,
        "every minute": 10,
        "at 12:05": 1,
        "switched off at 12:05": 30,
        "changed at 12:02": 2 + 24,
    }
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("moment_of_death", HANGS)
def test_run_of_a_scheduler_that_is_killed_is_taken_over_at_once(moment_of_death: str) -> None:
    task = plan("every minute", interval=every(60), last_run_at=NOON)
    with told_scheduler() as heir, told_scheduler(moment_of_death) as victim:
        heir.tell(NOON)
        heir.await_answer()
        victim.tell(NOON + MINUTE)
        victim.await_answer("hanging")
        # While the other one holds the run, this one waits for it or passes it by.
        heir.tell(NOON + MINUTE)

        victim.kill()
        heir.await_answer()
        heir.tell(NOON + MINUTE)
        heir.await_answer()

    task.refresh_from_db()
    assert (task.last_run_at, task.total_run_count) == (NOON + MINUTE, 1)
    # The same message may come twice, when it was sent and not forgotten; two messages may not.
    assert len({message["id"] for message in take_messages()}) == 1
    assert not OutboxMessage.objects.exists()


def test_run_that_is_due_while_the_broker_is_away_is_sent_when_it_is_back() -> None:
    plan("every minute", interval=every(60), last_run_at=NOON)
    with told_scheduler(CELERY_BROKER_URL="redis://127.0.0.1:1/0") as scheduler:
        for minutes in (0, 1, 2):
            scheduler.tell(NOON + minutes * MINUTE)
            scheduler.await_answer()
    assert (OutboxMessage.objects.count(), take_messages()) == (2, [])

    with told_scheduler() as scheduler:
        scheduler.tell(NOON + 2 * MINUTE)
        scheduler.await_answer()

    assert (OutboxMessage.objects.count(), len(take_messages())) == (0, 2)


def test_scheduler_goes_on_when_the_database_was_restarted() -> None:
    plan("every minute", interval=every(60), last_run_at=NOON)
    with told_scheduler() as scheduler:
        scheduler.tell(NOON)
        scheduler.await_answer()
        cut_other_connections()
        # The first turn finds out.
        for _ in range(2):
            scheduler.tell(NOON + MINUTE)
            scheduler.await_answer()

    assert len(take_messages()) == 1


def test_scheduler_goes_on_when_its_connection_broke_in_the_midst_of_a_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plan("every minute", interval=every(60), last_run_at=NOON)
    scheduler = ClaimingScheduler(app=current_app)
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "relay", relay_without_connection)
        assert scheduler.tick() == scheduler.max_interval

    scheduler.tick()

    assert len(take_messages()) == 1


def relay_without_connection(**_limit: int) -> int:
    # From a thread, which has a connection of its own.
    with ThreadPoolExecutor() as threads:
        threads.submit(cut_and_leave).result()
    return OutboxMessage.objects.count()


def cut_and_leave() -> None:
    cut_other_connections()
    connection.close()


@with_a_worker
def test_two_real_schedulers_and_a_worker_run_a_task_as_often_as_it_is_due(tmp_path: Path) -> None:
    due, ran = run_two_for_a_while(tmp_path, runs=8)

    assert (ran >= 8, ran) == (True, due)


@with_a_worker
def test_change_takes_effect_while_the_scheduler_runs(tmp_path: Path) -> None:
    log, diary = tmp_path / "log", tmp_path / "diary"
    log.touch()
    diary.touch()
    task = plan("now and then", interval=every(3600), kwargs=writing(diary, "before"))

    with worker(log), beat(log):
        wait_until(lambda: "beat: Starting" in log.read_text(), log=log)
        edit(task, interval=every(1), kwargs=writing(diary, "after"))
        wait_until(lambda: lines_of(diary).count("after") > 1, log=log)

    assert "before" not in lines_of(diary)


def edit(task: PeriodicTask, **columns: object) -> None:
    """Change an entry as the admin does."""
    task.refresh_from_db()
    for column, value in columns.items():
        setattr(task, column, value)
    task.save()


def writing(diary: Path, line: str) -> str:
    return json.dumps({"diary": str(diary), "line": line})
