"""Crontab entries on the days on which the clocks are changed.

In Berlin, the clocks go from 02:00 to 03:00 on 29 March 2026, and from 03:00 back to 02:00 on 25 October.
"""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django_celery_beat.models import CrontabSchedule

from apps.background import outbox
from apps.background.models import OutboxMessage
from apps.background.tests.clock import plan, start_scheduler, turn

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
SPRING = datetime(2026, 3, 29, tzinfo=BERLIN)
AUTUMN = datetime(2026, 10, 25, tzinfo=BERLIN)


@pytest.fixture(autouse=True)
def _messages_stay_in_the_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "relay", lambda **_limit: 0)
    # It would close the connection that holds the test's transaction.
    monkeypatch.setattr("apps.background.scheduler.close_old_connections", lambda: None)


def runs_of(day: datetime, since: datetime | None = None, **crontab: str) -> list[str]:
    """When an entry runs that day, by the clocks of Berlin, with a scheduler that turns every ten minutes."""
    # It ran for the last time on the day before.
    last = day - timedelta(minutes=1)
    plan(crontab=CrontabSchedule.objects.create(**crontab, timezone=BERLIN), last_run_at=last)
    end = (day + timedelta(days=1)).timestamp()
    with time_machine.travel(since or day, tick=False) as clock:
        scheduler = start_scheduler()
        while time.time() + 600 < end:
            clock.shift(600)
            turn(scheduler)
    moments = OutboxMessage.objects.order_by("created_at").values_list("created_at", flat=True)
    return [f"{moment.astimezone(BERLIN):%H:%M %Z}" for moment in moments]


@pytest.mark.parametrize(
    ("day", "hour", "moment"),
    [
        (SPRING, "1", "01:30 CET"),
        # There is no half past two: it runs at the same distance from midnight, when the clocks show 03:30.
        (SPRING, "2", "03:30 CEST"),
        (SPRING, "3", "03:30 CEST"),
        (AUTUMN, "1", "01:30 CEST"),
        # There are two of them: it runs at the first.
        (AUTUMN, "2", "02:30 CEST"),
        (AUTUMN, "3", "03:30 CET"),
    ],
)
def test_daily_run_happens_once_on_the_day_of_a_clock_change(day: datetime, hour: str, moment: str) -> None:
    assert runs_of(day, hour=hour, minute="30") == [moment]


def test_runs_that_fall_together_in_spring_are_one() -> None:
    assert runs_of(SPRING, hour="2,3", minute="30") == ["03:30 CEST"]


def test_hourly_run_happens_in_each_of_the_23_hours_in_spring() -> None:
    moments = runs_of(SPRING, minute="0")

    assert moments[:4] == ["00:00 CET", "01:00 CET", "03:00 CEST", "04:00 CEST"]
    assert len(moments) == 23


def test_hourly_run_happens_in_each_of_the_25_hours_in_autumn() -> None:
    moments = runs_of(AUTUMN, minute="0")

    assert moments[:5] == ["00:00 CEST", "01:00 CEST", "02:00 CEST", "02:00 CET", "03:00 CET"]
    assert len(moments) == 25


@pytest.mark.parametrize(("day", "number"), [(SPRING, 23 * 3), (AUTUMN, 25 * 3)])
def test_run_of_every_twenty_minutes_keeps_its_pace(day: datetime, number: int) -> None:
    moments = runs_of(day, minute="*/20", day_of_week="sun")

    assert (len(moments), len(set(moments))) == (number, number)


@pytest.mark.parametrize(
    ("crontab", "moments"),
    [
        # The run that was missed at the first half past two is made up for, and happens no second time.
        ({"hour": "2", "minute": "30"}, ["02:10 CET"]),
        ({"hour": "2,4", "minute": "30"}, ["02:10 CET", "04:30 CET"]),
        ({"hour": "*", "minute": "30", "day_of_month": "25"}, ["02:10 CET", "02:30 CET", "03:30 CET"]),
    ],
)
def test_scheduler_that_is_started_in_the_second_of_two_hours_makes_up_for_one_run(
    crontab: dict[str, str], moments: list[str]
) -> None:
    second_hour = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)

    assert runs_of(AUTUMN, since=second_hour, **crontab)[:3] == moments
