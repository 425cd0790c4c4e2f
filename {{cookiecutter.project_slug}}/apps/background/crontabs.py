"""Crontab entries on the night on which the clocks are put back."""

from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any, Self

from django_celery_beat.tzcrontab import TzAwareCrontab


class TwoHoursOfOneName(TzAwareCrontab):  # type: ignore[misc]  # it has no annotations
    """Knows the hour that the clocks show twice in autumn, of which Celery sees the first one only.

    An entry of every hour would pause for that hour. One that ran in the second of them, because it was
    late, would be due again at once, a hundred times a second and until the hour is over: Celery takes its
    next run for one in the first of them.
    """

    @classmethod
    def like(cls, crontab: TzAwareCrontab) -> Self:
        _, arguments, _ = crontab.__reduce__()
        return cls(*arguments)

    def remaining_delta(
        self, last_run_at: datetime, tz: tzinfo | None = None, **kwargs: Any
    ) -> tuple[datetime, Any, datetime]:
        last = last_run_at.astimezone(self.tz)
        if is_shown_twice(last):
            if len(self.hour) == 24:
                # By clocks that are not put back, the next one is at its usual distance.
                tz = timezone(last.utcoffset() or timedelta())
            elif last.fold:
                # What is due at a certain hour was due when the clocks showed it first.
                last = last.replace(minute=59)
        result: tuple[datetime, Any, datetime] = super().remaining_delta(last, tz, **kwargs)
        return result


def is_shown_twice(moment: datetime) -> bool:
    """Whether the clocks show the time of ``moment`` once more, before or after it."""
    return moment.replace(fold=0).utcoffset() != moment.replace(fold=1).utcoffset()
