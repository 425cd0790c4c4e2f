"""The schedule of the code and the one in the database."""

from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from django.core.management import CommandError, call_command
from django_celery_beat.models import PeriodicTask, PeriodicTasks
from django_celery_beat.tzcrontab import TzAwareCrontab
from pytest_django.fixtures import Settings

from apps.background.schedules import Changes, ImpossibleEntry, synchronise
from apps.background.tests.clock import every, plan

pytestmark = pytest.mark.django_db

TIDY = {"task": "users.clear_expired_sessions", "schedule": 3600}
REPORT = {
    "task": "users.report",
    "schedule": TzAwareCrontab(minute=0, hour=6, tz=ZoneInfo("Europe/Berlin")),
    "kwargs": {"days": 7},
    "options": {"queue": "reports", "expire_seconds": 600},
}


def test_declared_entries_are_written() -> None:
    changes = synchronise({"tidy": TIDY, "report": REPORT})

    assert changes == Changes(written=["tidy", "report"])
    tidy, report = PeriodicTask.objects.get(name="tidy"), PeriodicTask.objects.get(name="report")
    assert (tidy.task, str(tidy.interval), tidy.enabled) == (TIDY["task"], "every 3600 seconds", True)
    assert (report.kwargs, report.queue, report.expire_seconds) == ('{"days": 7}', "reports", 600)
    assert (report.crontab.hour, str(report.crontab.timezone)) == ("6", "Europe/Berlin")


def test_crontab_without_a_zone_is_meant_in_celerys(settings: Settings) -> None:
    synchronise({"report": {**REPORT, "schedule": crontab(minute=0, hour=6)}})

    assert str(PeriodicTask.objects.get().crontab.timezone) == settings.CELERY_TIMEZONE


def test_second_time_changes_nothing() -> None:
    synchronise({"tidy": TIDY, "report": REPORT})
    before = PeriodicTask.objects.get(name="tidy").date_changed

    assert synchronise({"tidy": TIDY, "report": REPORT}) == Changes()
    assert PeriodicTask.objects.get(name="tidy").date_changed == before


def test_entry_that_was_changed_in_the_code_keeps_when_it_last_ran() -> None:
    synchronise({"tidy": TIDY})
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    PeriodicTask.objects.update(last_run_at=noon, total_run_count=3)

    assert synchronise({"tidy": {**TIDY, "schedule": crontab(minute=0)}}) == Changes(written=["tidy"])

    task = PeriodicTask.objects.get()
    assert (task.interval, task.crontab.minute) == (None, "0")
    assert (task.last_run_at, task.total_run_count) == (noon, 3)


def test_run_that_is_claimed_meanwhile_is_not_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    synchronise({"tidy": TIDY})
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    save = PeriodicTask.save

    def save_after_a_claim(task: PeriodicTask, **kwargs: object) -> None:
        PeriodicTask.objects.update(last_run_at=noon)
        save(task, **kwargs)

    monkeypatch.setattr(PeriodicTask, "save", save_after_a_claim)
    synchronise({"tidy": {**TIDY, "schedule": 60}})

    assert PeriodicTask.objects.get().last_run_at == noon


def test_entry_that_vanished_from_the_code_is_removed() -> None:
    synchronise({"tidy": TIDY, "report": REPORT})

    assert synchronise({"report": REPORT}) == Changes(removed=["tidy"])
    assert PeriodicTask.objects.get().name == "report"


def test_scheduler_is_told_of_a_removal() -> None:
    synchronise({"tidy": TIDY})
    before = PeriodicTasks.last_change()

    synchronise({})

    assert PeriodicTasks.last_change() > before


def test_entry_that_was_made_by_hand_is_left_alone() -> None:
    by_hand = plan("by hand", interval=every(7), description="Until the move is over.")

    assert synchronise({"tidy": TIDY}) == Changes(written=["tidy"])
    assert synchronise({}) == Changes(removed=["tidy"])
    assert PeriodicTask.objects.get() == by_hand


def test_declared_entry_that_was_switched_off_by_hand_stays_off() -> None:
    synchronise({"tidy": TIDY})
    task = PeriodicTask.objects.get()
    task.enabled = False
    task.save()

    synchronise({"tidy": {**TIDY, "schedule": 60}})

    task = PeriodicTask.objects.get()
    assert (task.enabled, task.interval.every) == (False, 60)


def test_option_that_the_tables_cannot_hold_is_refused_by_name() -> None:
    with pytest.raises(ImpossibleEntry, match="'tidy' of CELERY_BEAT_SCHEDULE has the option 'expires'"):
        synchronise({"report": REPORT, "tidy": {**TIDY, "options": {"expires": 60}}})

    assert not PeriodicTask.objects.exists()


def test_command_tells_what_it_changed(settings: Settings) -> None:
    synchronise({"old": TIDY})
    settings.CELERY_BEAT_SCHEDULE = {"tidy": TIDY, "report": REPORT}
    output = StringIO()

    call_command("sync_schedules", stdout=output)
    call_command("sync_schedules", stdout=output)

    assert output.getvalue().splitlines() == [
        "Wrote tidy, report.",
        "Removed old.",
        "The database has all 2 entries of the code.",
        "The database has all 2 entries of the code.",
    ]


def test_command_refuses_an_impossible_entry(settings: Settings) -> None:
    settings.CELERY_BEAT_SCHEDULE = {"tidy": {**TIDY, "options": {"countdown": 60}}}

    with pytest.raises(CommandError, match="'countdown'"):
        call_command("sync_schedules")
