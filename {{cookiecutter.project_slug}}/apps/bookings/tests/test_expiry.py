"""Bookings that nobody has paid for keep others away for a day, and no longer."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from apps.bookings import services, tasks
from apps.bookings.models import BookedNight, Booking
from apps.bookings.tests.factories import BookedNightFactory
from apps.users.tests.factories import UserFactory

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
LATE = NOW - services.UNPAID_FOR - timedelta(seconds=1)


def unpaid(**fields: Any) -> Booking:
    """A pending booking that is too old, with its first night."""
    return BookedNightFactory.create(**{"booking__created_at": LATE, **fields}).booking


@pytest.mark.django_db
def test_booking_that_stays_unpaid_gives_its_nights_back_once() -> None:
    late = unpaid()
    in_time = unpaid(booking__created_at=NOW - services.UNPAID_FOR)
    confirmed = unpaid(booking__status="confirmed")

    counts = [services.expire_unpaid_bookings(now=NOW) for _ in range(2)]

    assert counts == [1, 0]
    assert [Booking.objects.get(pk=booking.pk).status for booking in (late, in_time, confirmed)] == [
        "cancelled",
        "pending",
        "confirmed",
    ]
    assert set(BookedNight.objects.values_list("booking", flat=True)) == {in_time.pk, confirmed.pk}


@pytest.mark.django_db
def test_expired_nights_can_be_booked_by_somebody_else() -> None:
    expired = unpaid()
    services.expire_unpaid_bookings(now=NOW)

    booked = services.book(
        listing=expired.listing,
        guest=UserFactory.create(),
        check_in=expired.check_in,
        check_out=expired.check_out,
        guests=1,
    )

    assert booked.nights.count() == 2


@pytest.mark.django_db
def test_many_unpaid_bookings_are_expired_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "EXPIRE_AT_ONCE", 2)
    for _ in range(5):
        unpaid(booking__created_at=datetime(2020, 1, 1, tzinfo=UTC))

    tasks.expire_unpaid_bookings()

    assert set(Booking.objects.values_list("status", flat=True)) == {"cancelled"}
    assert not BookedNight.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_expire_each_booking_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "EXPIRE_AT_ONCE", 2)
    for _ in range(20):
        unpaid()
    start = Barrier(2)

    def run(_number: int) -> int:
        start.wait(timeout=60)
        return expire_in_a_thread()

    with ThreadPoolExecutor(2) as threads:
        counts = list(threads.map(run, range(2)))

    # What the other run holds is passed over, so a run may find too few for a batch, and leave the rest.
    assert sum(counts) + services.expire_unpaid_bookings(now=NOW) == 20
    assert not Booking.objects.exclude(status="cancelled").exists()
    assert not BookedNight.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_booking_that_is_being_confirmed_is_left_alone() -> None:
    booking = unpaid()

    with transaction.atomic(), ThreadPoolExecutor(1) as thread:
        Booking.objects.select_for_update().filter(pk=booking.pk).update(status="confirmed")
        assert thread.submit(expire_in_a_thread).result(timeout=60) == 0

    assert services.expire_unpaid_bookings(now=NOW) == 0
    booking.refresh_from_db()
    assert (booking.status, booking.nights.count()) == ("confirmed", 1)


def expire_in_a_thread() -> int:
    """Run the task's service with a connection of its own."""
    try:
        return services.expire_unpaid_bookings(now=NOW)
    finally:
        connection.close()


def test_expiry_is_scheduled() -> None:
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert tasks.expire_unpaid_bookings.name in scheduled
