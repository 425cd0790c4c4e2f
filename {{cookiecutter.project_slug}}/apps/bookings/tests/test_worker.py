"""Confirmation e-mails and reports, through a real worker and a real broker."""

import sys
import time
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from apps.background.models import OutboxMessage
from apps.background.outbox import relay
from apps.bookings.models import Booking, Report
from apps.bookings.tests.factories import BookingFactory, ReportFactory
from apps.core import queue
from apps.users.tests.factories import UserFactory
from tests import processes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(sys.platform == "win32", reason="Celery runs tasks in-process on Windows."),
]


@pytest.mark.lesson("celery-delivery-guarantees")
def test_hundred_deliveries_of_a_confirmation_send_one_mail(tmp_path: Path) -> None:
    booking = BookingFactory.create(status="confirmed")
    log = tmp_path / "log"
    log.touch()

    with processes.worker(log, CELERY_WORKER_CONCURRENCY="4"):
        for _ in range(100):
            queue.send(
                "bookings.send_confirmation", kwargs={"booking_id": booking.pk}, task_id=f"same-{booking.pk}"
            )
        processes.wait_until(lambda: log.read_text().count("task_succeeded") == 100, log=log)

    assert log.read_text().count(f"To: {booking.guest.email}") == 1


@pytest.mark.lesson("celery-delivery-guarantees")
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


@pytest.mark.lesson("long-work-in-request")
def test_report_is_done_by_the_worker_while_its_owner_asks_how_far_it_is(tmp_path: Path) -> None:
    owner = APIClient()
    owner.force_authenticate(UserFactory.create())
    log = tmp_path / "log"
    log.touch()

    accepted = owner.post("/api/v1/reports/", {"month": "2030-01"})
    assert (accepted.status_code, accepted.json()["status"]) == (202, "pending")
    with processes.worker(log):
        processes.wait_until(
            lambda: owner.get(accepted["Location"]).json()["status"] not in {"pending", "running"}, log=log
        )

    report = owner.get(accepted["Location"]).json()
    assert (report["status"], report["progress"]) == ("done", 100)
    assert report["file"] == f"{accepted['Location']}file/"


def test_twenty_deliveries_of_a_report_make_one_file(tmp_path: Path) -> None:
    report = ReportFactory.create()
    log = tmp_path / "log"
    log.touch()

    with processes.worker(log, CELERY_WORKER_CONCURRENCY="4"):
        for _ in range(20):
            queue.send("bookings.write_report", kwargs={"report_id": report.pk}, task_id=f"same-{report.pk}")
        processes.wait_until(lambda: log.read_text().count("task_succeeded") == 20, log=log)

    assert log.read_text().count("report_written") == 1
    assert Report.objects.get().status == "done"
