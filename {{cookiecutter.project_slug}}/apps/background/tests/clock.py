"""Schedulers in a time of their own."""

import pytest
from celery import current_app
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.background.models import OutboxMessage
from apps.background.scheduler import ClaimingScheduler

MANY_TICKS = 100


def plan(name: str = "tidy up", **columns: object) -> PeriodicTask:
    """Plan ``name``: every minute, unless ``columns`` hold another schedule."""
    if not columns.keys() & {"interval", "crontab", "clocked"}:
        columns["interval"] = every(60)
    # Any task will do: a scheduler sends it by name.
    return PeriodicTask.objects.create(name=name, **{"task": "users.clear_expired_sessions", **columns})


def every(seconds: int) -> IntervalSchedule:
    schedule, _ = IntervalSchedule.objects.get_or_create(every=seconds, period=IntervalSchedule.SECONDS)
    return schedule


def start_scheduler() -> ClaimingScheduler:
    """A scheduler that has read its schedule."""
    scheduler = ClaimingScheduler(app=current_app)
    turn(scheduler)
    return scheduler


def turn(scheduler: ClaimingScheduler) -> None:
    """Let a scheduler fire all that is due now."""
    for _ in range(MANY_TICKS):
        if scheduler.tick() > 0:
            return
    pytest.fail("There is always something due: the scheduler does not come to rest.")


def runs() -> list[str]:
    """The names of the entries whose runs were written to the outbox, in order."""
    headers = OutboxMessage.objects.order_by("created_at").values_list("options__headers", flat=True)
    return [header["periodic_task_name"] for header in headers]
