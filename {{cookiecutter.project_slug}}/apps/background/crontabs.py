"""Crontab entries and the days on which the clocks are changed."""

from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any, Self

from django_celery_beat.tzcrontab import TzAwareCrontab


class EveryHour(TzAwareCrontab):  # type: ignore[misc]  # it has no annotations
    """For an entry of every hour: it runs in both of the hours that have one name in autumn.

    Celery goes from 02:45 straight to 03:00; in between, the clocks are put back and show 02:00 once more,
    an hour without runs. For an entry of a certain hour that is right: it has run already.
    """

    @classmethod
    def suits(cls, crontab: TzAwareCrontab) -> bool:
        return len(crontab.hour) == 24

    @classmethod
    def like(cls, crontab: TzAwareCrontab) -> Self:
        _, arguments, _ = crontab.__reduce__()
        return cls(*arguments)

    def remaining_delta(
        self, last_run_at: datetime, tz: tzinfo | None = None, **kwargs: Any
    ) -> tuple[datetime, Any, datetime]:
        last = last_run_at.astimezone(self.tz)
        if comes_again(last):
            # Reckoned by the clocks of the first of these hours, the next one is the second of them.
            tz = timezone(last.utcoffset() or timedelta())
        result: tuple[datetime, Any, datetime] = super().remaining_delta(last_run_at, tz, **kwargs)
        return result


def comes_again(moment: datetime) -> bool:
    """Whether the clocks will show this time once more, because they are put back."""
    return moment.utcoffset() != moment.replace(fold=1).utcoffset()
