"""Many at once for the same nights, against a real database: each of them with its own connection."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import connection

from apps.bookings import services
from apps.bookings.errors import NightsTaken
from apps.bookings.models import BookedNight, Booking
from apps.bookings.tests.factories import ListingFactory
from apps.users.models import User
from apps.users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 50
FIRST = date.today() + timedelta(days=30)  # noqa: DTZ011 - any day to come will do


def all_at_once(*calls: Callable[[], Booking]) -> Counter[str]:
    """Run the calls in threads that start together; how often each outcome was seen."""
    start = Barrier(len(calls))

    def outcome(call: Callable[[], Booking]) -> str:
        try:
            # Connected before the start, so that the race is about nights only.
            connection.ensure_connection()
            start.wait(timeout=60)
            call()
        except NightsTaken:
            return "taken"
        finally:
            connection.close()
        return "booked"

    with ThreadPoolExecutor(len(calls)) as threads:
        return Counter(threads.map(outcome, calls))


@pytest.mark.lesson("orm-transactions-and-constraints")
def test_of_fifty_at_once_for_a_night_exactly_one_succeeds() -> None:
    listing = ListingFactory.create()
    guests = UserFactory.create_batch(AT_ONCE)

    def request(guest: User) -> Callable[[], Booking]:
        return lambda: services.book(
            listing=listing, guest=guest, check_in=FIRST, check_out=FIRST + timedelta(days=2), guests=1
        )

    outcomes = all_at_once(*map(request, guests))

    assert outcomes == {"booked": 1, "taken": AT_ONCE - 1}
    assert Booking.objects.count() == 1
    assert BookedNight.objects.count() == 2


def test_overlapping_stays_from_both_sides_end_in_refusals_and_never_in_a_deadlock() -> None:
    listing = ListingFactory.create()
    guest = UserFactory.create()

    def request(number: int) -> Callable[[], Booking]:
        # Each shares nights with its neighbours; every other one is asked for from the far end.
        start = FIRST + timedelta(days=number if number % 2 else AT_ONCE - number)
        return lambda: services.book(
            listing=listing, guest=guest, check_in=start, check_out=start + timedelta(days=20), guests=1
        )

    outcomes = all_at_once(*map(request, range(AT_ONCE)))

    assert set(outcomes) == {"booked", "taken"}
    assert Booking.objects.count() == outcomes["booked"]
    assert BookedNight.objects.count() == 20 * outcomes["booked"]


def test_nights_given_back_and_asked_for_at_the_same_time_go_to_one() -> None:
    listing = ListingFactory.create()
    guest = UserFactory.create()

    def request() -> Booking:
        return services.book(
            listing=listing, guest=guest, check_in=FIRST, check_out=FIRST + timedelta(days=20), guests=1
        )

    held = request()
    outcomes = all_at_once(lambda: services.cancel_booking(booking=held), *[request] * 9)

    # The one that is "booked" for certain is the cancellation; at most one other got the nights.
    assert outcomes["booked"] in (1, 2)
    assert BookedNight.objects.count() == 20 * (outcomes["booked"] - 1)
