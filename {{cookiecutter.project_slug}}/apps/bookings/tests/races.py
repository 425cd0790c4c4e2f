"""Many at once for the same nights, each with a connection of its own."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

from django.db import connection
from django.utils import timezone

from apps.bookings import services
from apps.bookings.errors import NightsTaken
from apps.bookings.models import BookedNight, Booking
from apps.bookings.tests.factories import ListingFactory
from apps.users.models import User
from apps.users.tests.factories import UserFactory

AT_ONCE = 50


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


def report() -> str:
    """Let fifty guests ask for one night at once; what became of it."""
    listing = ListingFactory.create()
    night = timezone.now().date() + timedelta(days=30)

    def request(guest: User) -> Callable[[], Booking]:
        return lambda: services.book(
            listing=listing, guest=guest, check_in=night, check_out=night + timedelta(days=1), guests=1
        )

    outcomes = all_at_once(*map(request, UserFactory.create_batch(AT_ONCE)))
    held = BookedNight.objects.filter(listing=listing, night=night).count()
    return (
        f"{AT_ONCE} guests asked for the night of {night} at once.\n"
        f"Booked: {outcomes['booked']}, refused: {outcomes['taken']}\n"
        f"Bookings that hold this night: {held}"
    )
