"""Runs that are due, each at a moment of its own, so that it is known how many there have to be."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, PeriodicTask, PeriodicTasks

from tests.chaos import tasks
from tests.chaos.load import SHORT_SECONDS

PER_SECOND = 10
# Until the schedulers have started.
HEAD_START = timedelta(seconds=10)


class Schedule:
    """Entries that are due once; each is accepted, and is lost when it does not run."""

    def __init__(self, *, wanted: int) -> None:
        self.accepted: set[str] = set()
        self.refused = 0
        first = timezone.now() + HEAD_START
        for second in range(-(-wanted // PER_SECOND)):
            self.end = first + timedelta(seconds=second)
            self._plan(self.end, min(PER_SECOND, wanted - len(self.accepted)))
        # Written as a whole, the entries have not said themselves that the schedule has changed.
        PeriodicTasks.update_changed()

    def is_going(self) -> bool:
        return timezone.now() < self.end

    def _plan(self, moment: datetime, times: int) -> None:
        names = [f"{moment.isoformat()} #{number}" for number in range(times)]
        clock = ClockedSchedule.objects.create(clocked_time=moment)
        PeriodicTask.objects.bulk_create(entry(name, clock) for name in names)
        self.accepted.update(names)


def entry(name: str, clock: ClockedSchedule) -> PeriodicTask:
    kwargs = json.dumps({"subject": name, "seconds": SHORT_SECONDS})
    return PeriodicTask(name=name, task=tasks.NAME, kwargs=kwargs, clocked=clock, one_off=True)


@contextmanager
def due(wanted: int) -> Iterator[Schedule]:
    """Have the entries come due during the block."""
    PeriodicTask.objects.all().delete()
    yield Schedule(wanted=wanted)
