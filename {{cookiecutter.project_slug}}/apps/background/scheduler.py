"""The scheduler: any number of them may run on one database, and each due run is fired once.

Celery's own, and django_celery_beat's, take for granted that they are alone. Two of them send everything
twice, and one that dies between sending and noting it does so too. Here a run is *claimed*, in the row of
its schedule, and its message is written to the outbox in the same transaction: either both are there or
neither is, and of two schedulers one finds the row changed. So a second one may stand by, and when the
first dies, the next run is on time. Nothing waits for a lock to expire.

The message is sent by the outbox's relay, at the end of each turn. It arrives at least once, like all
messages: a scheduler that is killed in between sending it and forgetting it leaves it to be sent again,
under the same task id.
"""

import os
import platform
import time
from datetime import datetime, timedelta
from typing import Any

import structlog
from celery import platforms
from celery.signals import beat_init
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, transaction
from django.db.models import F, QuerySet
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry
from django_celery_beat.tzcrontab import TzAwareCrontab

from apps.background import outbox
from apps.background.crontabs import TwoHoursOfOneName
from apps.background.models import OutboxMessage
from apps.core.doctor.heartbeat import leave_sign, withdraw_sign

# So a long queue of messages does not hold up the schedule.
RELAYED_PER_TURN = 100

logger = structlog.get_logger(__name__)


class ScheduledEntry(ModelEntry):  # type: ignore[misc]  # it has no annotations
    """A row of the schedule, as one scheduler has read it."""

    schedule: Any

    def __init__(self, model: PeriodicTask, app: Any = None) -> None:
        # As it stands in the row: ModelEntry puts another moment in the place of "never".
        self.run_before = model.last_run_at
        super().__init__(model, app=app)
        if isinstance(self.schedule, TzAwareCrontab):
            self.schedule = TwoHoursOfOneName.like(self.schedule)

    def claim(self, *, now: datetime) -> bool:
        """Take the run that is due; False when somebody else has it, or the row is not as it was read."""
        run = {"last_run_at": now, "total_run_count": F("total_run_count") + 1}
        # As if somebody had switched it off, so that it can be switched on again.
        end = {"last_run_at": None, "total_run_count": 0, "enabled": False}
        unclaimed = PeriodicTask.objects.filter(pk=self.model.pk, enabled=True, last_run_at=self.run_before)
        return bool(unclaimed.update(**(end if self.model.one_off else run)))

    def message(self, *, now: datetime) -> OutboxMessage:
        """What a worker is to do."""
        options = {**self.options, "headers": {**self.options["headers"], "celery_beat_task": True}}
        expires = options.pop("expires", None)
        if expires is not None:
            # A moment, because the message may have to wait for the broker.
            moment = expires if isinstance(expires, datetime) else now + timedelta(seconds=expires)
            options["expires"] = moment.isoformat()
        return OutboxMessage(task_name=self.task, args=self.args, kwargs=self.kwargs, options=options)

    def _disable(self, model: PeriodicTask) -> None:
        # Saving the row would also put back what somebody has changed in the meantime.
        PeriodicTask.objects.filter(pk=model.pk).update(enabled=False, last_run_at=None)
        model.enabled = False


class ClaimingScheduler(DatabaseScheduler):  # type: ignore[misc]  # it has no annotations
    """Claims what is due, sends what is in the outbox, and leaves a sign of life for the doctor."""

    Entry = ScheduledEntry
    # Asking for Celery's would wait for the broker, and the schedule with it.
    producer = None
    _last_timestamp: datetime | None
    _is_turning = False
    _is_to_stop = False

    @property
    def name_of_beat(self) -> str:
        return f"{platform.node()}:{os.getpid()}"

    def setup_schedule(self) -> None:
        """Write nothing, unlike other schedulers: ``manage.py sync_schedules`` does, once for a release.

        Each start would put back what another release has written; and the hours of a daily run would
        begin anew.
        """
        names = set(PeriodicTask.objects.values_list("name", flat=True))
        if missing := sorted(set(settings.CELERY_BEAT_SCHEDULE) - names):
            logger.error("schedule_not_in_database", entries=missing, mend="manage.py sync_schedules")
        logger.info("schedule_found", entries=len(names))

    def enabled_models_qs(self) -> "QuerySet[PeriodicTask]":
        # django_celery_beat leaves out daily runs until two hours before their time. One that was missed
        # would then be made up for at that moment, and not at once.
        enabled: QuerySet[PeriodicTask] = PeriodicTask.objects.enabled()
        return enabled

    def schedule_changed(self) -> bool:
        """Whether anybody has changed the schedule since this was asked last."""
        close_old_connections()
        before, self._last_timestamp = self._last_timestamp, self.Changes.last_change()
        # Not "later than": the clocks of those who change it may differ.
        return bool(self._last_timestamp != before)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Fire one run that is due, and send what is in the outbox; the seconds until the next turn.

        Raises:
            SystemExit: Meanwhile it was told to stop.
        """
        self._is_turning = True
        try:
            seconds = self._turn(*args, **kwargs)
        finally:
            self._is_turning = False
        if self._is_to_stop:
            raise SystemExit
        return seconds

    def _turn(self, *args: Any, **kwargs: Any) -> float:
        try:
            seconds: float = super().tick(*args, **kwargs)
            if outbox.relay(limit=RELAYED_PER_TURN) == RELAYED_PER_TURN:
                seconds = 0
        except (OperationalError, InterfaceError) as error:
            logger.warning("database_away", error=str(error))
            self._forget()
            seconds = self.max_interval
        self._leave_sign()
        return seconds

    def reserve(self, entry: ScheduledEntry) -> ScheduledEntry:
        """Fire a run, unless another scheduler has; the entry as it stands afterwards."""
        try:
            if not self._fire(entry):
                # So when it is due again was reckoned from what is no longer so.
                self._heap_invalidated = True
            return self._read_again(entry)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # One entry that cannot be sent must not stop the others. It is tried again at its next run.
            logger.exception("scheduled_run_failed", entry=entry.name, task=entry.task)
            return entry

    def apply_entry(self, entry: ScheduledEntry, producer: None = None) -> None:
        """Nothing: ``reserve`` has written the message, if it was to be had."""

    def sync(self) -> None:
        """Nothing: what has run is noted when it is claimed."""

    def close(self) -> None:
        """Be done: beat calls this at its end."""
        super().close()
        try:
            withdraw_sign(self.name_of_beat)
        except Exception as error:  # noqa: BLE001 - as below; the sign soon grows old by itself
            logger.warning("heartbeat_failed", error=type(error).__name__)

    def stop(self, *_signal: object) -> None:
        """End this turn and begin no other; told a second time, end at once. A handler for signals.

        Celery's raises SystemExit wherever it finds us. A connection that waits for an answer at that moment
        takes this for an error of its own, and beat goes on; or it is closed, and waits for ever for the
        server's farewell, in the place of the answer.
        """
        is_told_again, self._is_to_stop = self._is_to_stop, True
        if is_told_again or not self._is_turning:
            raise SystemExit

    def _fire(self, entry: ScheduledEntry) -> bool:
        """Claim a run and write its message, both or neither."""
        now = entry._default_now()  # noqa: SLF001 - the clock by which it was found to be due
        with transaction.atomic():
            if not entry.claim(now=now):
                return False
            message = entry.message(now=now)
            message.save(force_insert=True)
        logger.info("scheduled_run", entry=entry.name, task=entry.task, task_id=str(message.pk))
        return True

    def _read_again(self, entry: ScheduledEntry) -> ScheduledEntry:
        model = self.enabled_models_qs().filter(pk=entry.model.pk).first()
        if model is None:
            self._schedule.pop(entry.name, None)
            return entry
        fresh = self._schedule[entry.name] = ScheduledEntry(model, app=self.app)
        return fresh

    def _forget(self) -> None:
        """Read everything anew at the next turn: this one ended somewhere in the middle.

        Through another connection, if this one is broken. Nobody else asks, because what was to be read when
        that happened is not asked for whether it has changed.
        """
        close_old_connections()
        self._initial_read = True
        self._heap = None

    def _leave_sign(self) -> None:
        try:
            leave_sign(self.name_of_beat, now=time.time())
        except Exception as error:  # noqa: BLE001 - a cache that is away must not stop the schedule
            logger.warning("heartbeat_failed", error=type(error).__name__)


@beat_init.connect
def stop_between_two_turns(sender: Any, **_kwargs: object) -> None:
    """Stop when beat is told to, in the place of Celery's handler, which beat has set by now."""
    if isinstance(sender.scheduler, ClaimingScheduler):
        platforms.signals.update(SIGTERM=sender.scheduler.stop, SIGINT=sender.scheduler.stop)
