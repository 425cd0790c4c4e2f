"""Doors from the queue: each calls one service, and is safe to run twice."""

from contextlib import suppress
from typing import Any

from celery import shared_task
from django.db import DatabaseError
from django.utils import timezone

from apps.background.base import SafeTask
from apps.bookings import services


class ReportTask(SafeTask):
    """Tells whoever waits for a report when its last attempt has failed."""

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:
        # Without the database it stays "running", until clear_old_reports finds it. The dead letter must not
        # depend on it.
        with suppress(DatabaseError):
            services.fail_report(report_id=kwargs["report_id"])
        super().on_failure(exc, task_id, args, kwargs, einfo)


@shared_task(name="bookings.clear_old_reports")
def clear_old_reports() -> None:
    services.clear_old_reports(now=timezone.now())


@shared_task(name="bookings.complete_past_bookings")
def complete_past_bookings() -> None:
    services.complete_past_bookings(now=timezone.now())


@shared_task(name="bookings.expire_unpaid_bookings")
def expire_unpaid_bookings() -> None:
    services.expire_unpaid_bookings(now=timezone.now())


@shared_task(name="bookings.make_thumbnail")
def make_thumbnail(*, photo_id: int) -> None:
    services.make_thumbnail(photo_id=photo_id)


@shared_task(name="bookings.send_confirmation")
def send_confirmation(*, booking_id: int) -> None:
    services.send_confirmation(booking_id=booking_id, now=timezone.now())


@shared_task(name="bookings.write_report", base=ReportTask)
def write_report(*, report_id: int) -> None:
    services.write_report(report_id=report_id)
