"""Doors from the queue: each calls one service, and is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from apps.bookings import services


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


@shared_task(name="bookings.write_report")
def write_report(*, report_id: int) -> None:
    services.write_report(report_id=report_id)
