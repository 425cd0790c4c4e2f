"""The confirmation e-mail, through a real worker and a real broker."""

import sys
import time
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from apps.background.models import OutboxMessage
from apps.background.outbox import relay
from apps.bookings.models import Booking
from apps.bookings.tests.factories import BookingFactory
from apps.core import queue
from tests import processes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.lesson("celery-delivery-guarantees"),
    pytest.mark.skipif(sys.platform == "win32", reason="Celery runs tasks in-process on Windows."),
]


def test_hundred_deliveries_of_a_confirmation_send_one_mail(tmp_path: Path) -> None:
    booking = BookingFactory.create(status="confirmed")
    log = tmp_path / "log"
    log.touch()

    with processes.worker(log, CELERY_WORKER_CONCURRENCY="4", CELERY_VISIBILITY_TIMEOUT="60"):
        for _ in range(100):
            queue.send(
                "bookings.send_confirmation", kwargs={"booking_id": booking.pk}, task_id=f"same-{booking.pk}"
            )
        processes.wait_until(lambda: log.read_text().count("task_succeeded") == 100, log=log)

    assert log.read_text().count(f"To: {booking.guest.email}") == 1


def test_confirming_works_while_the_broker_is_away_and_the_mail_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = BookingFactory.create()
    owner = APIClient()
    owner.force_authenticate(booking.listing.owner)
    begun = time.monotonic()

    with monkeypatch.context() as away:
        away.setenv("CELERY_BROKER_WRITE_URL", "redis://127.0.0.1:1/0")
        response = owner.post(f"/api/v1/bookings/{booking.pk}/confirm/")

    assert (response.status_code, OutboxMessage.objects.count()) == (200, 1)
    assert time.monotonic() - begun < 2
    log = tmp_path / "log"
    log.touch()
    with processes.worker(log):
        relay()
        processes.wait_until(lambda: f"To: {booking.guest.email}" in log.read_text(), log=log)
    assert Booking.objects.get().confirmation_sent_at
