"""The scheduler, with a clock that stands until it is moved."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import time_machine
from celery import current_app
from celery.signals import beat_init
from django.db import OperationalError
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, PeriodicTask, PeriodicTasks
from django_celery_beat.schedulers import DatabaseScheduler
from pytest_django.fixtures import Settings
from time_machine import Traveller

from apps.background import outbox
from apps.background.models import OutboxMessage
from apps.background.scheduler import RELAYED_PER_TURN, ClaimingScheduler
from apps.background.tests.clock import every, plan, runs, start_scheduler, turn
from apps.core.doctor import heartbeat

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture(autouse=True)
def _messages_stay_in_the_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "relay", lambda **_limit: 0)
    # It would close the connection that holds the test's transaction.
    monkeypatch.setattr("apps.background.scheduler.close_old_connections", lambda: None)


def test_run_that_is_due_is_noted_and_written_to_the_outbox(clock: Traveller) -> None:
    task = plan("report", args="[1]", kwargs='{"month": 2}', queue="reports", headers='{"origin": "plan"}')
    scheduler = start_scheduler()

    clock.shift(60)
    turn(scheduler)

    message = OutboxMessage.objects.get()
    assert (message.task_name, message.args, message.kwargs) == (task.task, [1], {"month": 2})
    assert message.options == {
        "queue": "reports",
        "headers": {"origin": "plan", "periodic_task_name": "report", "celery_beat_task": True},
    }
    task.refresh_from_db()
    assert (task.last_run_at, task.total_run_count) == (NOON + timedelta(seconds=60), 1)


def test_run_of_the_next_interval_is_another_one(clock: Traveller) -> None:
    plan()
    scheduler = start_scheduler()

    for _ in range(150):
        clock.shift(1)
        turn(scheduler)

    assert len(runs()) == 2


@pytest.mark.lesson("celery-beat-single")
def test_two_schedulers_fire_each_run_once(clock: Traveller) -> None:
    plan()
    first, second = start_scheduler(), start_scheduler()

    for _ in range(600):
        clock.shift(1)
        turn(first)
        turn(second)

    assert len(runs()) == 10


@pytest.mark.lesson("celery-beat-single")
def test_scheduler_that_came_second_is_on_time_when_it_is_left_alone(
    clock: Traveller,
) -> None:
    plan()
    first, second = start_scheduler(), start_scheduler()
    clock.shift(60)
    turn(first)
    # The second one was held up: its next run is reckoned from the first one's, not from now.
    clock.shift(45)
    turn(second)

    clock.shift(15)
    turn(second)

    assert len(runs()) == 2


def test_run_whose_message_cannot_be_written_is_still_due(
    clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = plan()
    scheduler = start_scheduler()
    clock.shift(60)
    with monkeypatch.context() as patch:
        patch.setattr(OutboxMessage, "save", raises(OperationalError("gone")))
        assert scheduler.tick() == scheduler.max_interval
    task.refresh_from_db()
    assert task.last_run_at is None

    turn(scheduler)

    assert runs() == ["tidy up"]


def test_entry_that_cannot_be_written_does_not_hold_up_the_others(clock: Traveller) -> None:
    # Python reads this, and no database keeps it in JSON.
    plan("broken", kwargs='{"number": NaN}')
    plan("healthy")
    scheduler = start_scheduler()

    for _ in range(2):
        clock.shift(60)
        turn(scheduler)

    assert runs() == ["healthy", "healthy"]


def test_entry_that_never_ran_does_not_wait_anew_after_a_restart(clock: Traveller) -> None:
    plan(interval=every(24 * 60 * 60))
    start_scheduler()
    clock.shift(timedelta(hours=23))
    restarted = start_scheduler()

    clock.shift(timedelta(hours=1))
    turn(restarted)

    assert runs() == ["tidy up"]


def test_daily_run_that_was_missed_is_made_up_for_at_once(clock: Traveller) -> None:
    noon = CrontabSchedule.objects.create(minute="0", hour="12")
    plan(crontab=noon, last_run_at=NOON - timedelta(days=1))
    clock.shift(timedelta(hours=7))

    start_scheduler()

    assert runs() == ["tidy up"]


def test_changed_interval_takes_effect_without_a_restart(clock: Traveller) -> None:
    task = plan(interval=every(24 * 60 * 60))
    scheduler = start_scheduler()
    clock.shift(60)
    turn(scheduler)

    task.interval = every(60)
    task.save()
    clock.shift(60)
    turn(scheduler)

    assert runs() == ["tidy up"]


def test_entry_that_is_made_while_the_scheduler_runs_is_fired(clock: Traveller) -> None:
    scheduler = start_scheduler()

    plan("new")
    clock.shift(60)
    turn(scheduler)

    assert runs() == ["new"]


def switch_off(task: PeriodicTask) -> None:
    task.enabled = False
    task.save()


@pytest.mark.parametrize("change", [PeriodicTask.delete, switch_off])
def test_entry_that_is_taken_away_while_the_scheduler_runs_is_fired_no_more(
    change: Any, clock: Traveller
) -> None:
    task = plan()
    scheduler = start_scheduler()

    change(task)
    clock.shift(60)
    turn(scheduler)

    assert runs() == []


def test_change_by_somebody_whose_clock_is_slow_is_noticed(clock: Traveller) -> None:
    scheduler = start_scheduler()
    plan("later")
    turn(scheduler)

    clock.shift(-30)
    plan("earlier")
    PeriodicTasks.objects.get(last_update=NOON - timedelta(seconds=30))
    clock.shift(90)
    turn(scheduler)

    assert sorted(runs()) == ["earlier", "later"]


@pytest.mark.lesson("celery-beat-single")
def test_run_that_happens_once_only_is_fired_by_one_of_two_schedulers(clock: Traveller) -> None:
    task = plan(one_off=True, clocked=ClockedSchedule.objects.create(clocked_time=NOON + timedelta(hours=2)))
    first, second = start_scheduler(), start_scheduler()

    for _ in range(3):
        clock.shift(timedelta(hours=1))
        turn(first)
        turn(second)

    assert runs() == ["tidy up"]
    task.refresh_from_db()
    assert not task.enabled


def test_run_that_happened_once_can_be_planned_again(clock: Traveller) -> None:
    task = plan(one_off=True)
    scheduler = start_scheduler()
    clock.shift(60)
    turn(scheduler)
    task.refresh_from_db()
    task.enabled = True
    task.save()
    turn(scheduler)

    clock.shift(60)
    turn(scheduler)

    assert runs() == ["tidy up", "tidy up"]


def test_message_expires_at_a_moment_that_waiting_does_not_move(clock: Traveller) -> None:
    plan(expire_seconds=30)
    scheduler = start_scheduler()

    clock.shift(60)
    turn(scheduler)

    assert OutboxMessage.objects.get().options["expires"] == "2026-11-21T12:01:30+00:00"


def test_entry_that_has_expired_is_switched_off_and_otherwise_left_alone(
    clock: Traveller,
) -> None:
    task = plan(expires=NOON + timedelta(seconds=30))
    scheduler = start_scheduler()
    PeriodicTask.objects.update(description="noted meanwhile")

    clock.shift(60)
    turn(scheduler)

    task.refresh_from_db()
    assert (runs(), task.enabled, task.description) == ([], False, "noted meanwhile")


def test_scheduler_goes_on_when_the_database_is_back(
    clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan()
    with monkeypatch.context() as patch:
        patch.setattr(ClaimingScheduler, "enabled_models_qs", raises(OperationalError("restarting")))
        scheduler = ClaimingScheduler(app=current_app)
        assert scheduler.tick() == scheduler.max_interval

    turn(scheduler)
    clock.shift(60)
    turn(scheduler)

    assert runs() == ["tidy up"]


@pytest.fixture
def running(idle: ClaimingScheduler) -> Iterator[ClaimingScheduler]:
    """A scheduler that hears the signals of this process, as in beat."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    beat_init.send(sender=Mock(scheduler=idle))
    yield idle
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_scheduler_that_is_told_to_stop_finishes_its_turn(
    running: ClaimingScheduler, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    done = []

    def relay(**_limit: int) -> int:
        signal.raise_signal(number)
        done.append("relayed")
        return 0

    monkeypatch.setattr(outbox, "relay", relay)

    with pytest.raises(SystemExit):
        running.tick()
    assert done == ["relayed"]


def test_scheduler_that_is_told_to_stop_between_two_turns_stops_at_once(running: ClaimingScheduler) -> None:
    running.tick()

    with pytest.raises(SystemExit):
        signal.raise_signal(signal.SIGTERM)


def test_scheduler_that_is_told_to_stop_twice_does_not_finish_its_turn(
    running: ClaimingScheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(**_limit: int) -> int:
        for _ in range(2):
            signal.raise_signal(signal.SIGTERM)
        raise AssertionError("It hung on.")

    monkeypatch.setattr(outbox, "relay", hang)

    with pytest.raises(SystemExit):
        running.tick()


def test_scheduler_turns_at_once_when_more_messages_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = start_scheduler()

    monkeypatch.setattr(outbox, "relay", lambda *, limit: limit)
    assert scheduler.tick() == 0
    monkeypatch.setattr(outbox, "relay", lambda *, limit: limit - 1)
    assert scheduler.tick() == scheduler.max_interval
    assert RELAYED_PER_TURN > 1


def test_scheduler_says_which_declared_entries_it_does_not_find(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CELERY_BEAT_SCHEDULE = {"daily": {"task": "users.clear_expired_sessions", "schedule": 86400}}

    ClaimingScheduler(app=current_app)

    assert "schedule_not_in_database" in caplog.text
    assert "daily" in caplog.text


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> ClaimingScheduler:
    """A scheduler with nothing to do but leave its sign."""
    monkeypatch.setattr(DatabaseScheduler, "tick", lambda _self: 5.0)
    monkeypatch.setattr(DatabaseScheduler, "close", lambda _self: None)
    return ClaimingScheduler(app=current_app, lazy=True)


def test_scheduler_leaves_its_sign_at_every_turn_and_takes_it_along(idle: ClaimingScheduler) -> None:
    assert idle.tick() == 5.0
    assert list(heartbeat.read_signs()) == [idle.name_of_beat]

    idle.close()
    assert heartbeat.read_signs() == {}


def test_schedule_goes_on_when_the_cache_is_away(idle: ClaimingScheduler, settings: Settings) -> None:
    redis = "django.core.cache.backends.redis.RedisCache"
    settings.CACHES = {"default": {"BACKEND": redis, "LOCATION": "redis://127.0.0.1:1/0"}}

    assert idle.tick() == 5.0
    idle.close()


def raises(error: Exception) -> Any:
    """A function that fails, whatever it is given."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise error

    return fail
