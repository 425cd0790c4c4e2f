"""Ask for a report that takes a while to write."""

import time
from datetime import date

from apps.bookings.models import Booking
from apps.bookings.tests.factories import BookingFactory, ListingFactory
from apps.bookings.tests.people import client_of
from apps.users.tests.factories import UserFactory

STAYS = 20_000


def report() -> str:
    """Ask for it, and say what the answer was and how long it took."""
    listing, guest = ListingFactory.create(), UserFactory.create()
    stays = BookingFactory.build_batch(STAYS, listing=listing, guest=guest, check_in=date(2030, 1, 1))
    Booking.objects.bulk_create(stays, batch_size=2000)
    begun = time.monotonic()
    answer = client_of(listing.owner).post("/api/v1/reports/", {"month": "2030-01"})
    seconds = time.monotonic() - begun
    return (
        f"A report of {STAYS} stays: {answer.status_code}, {answer.json()['status']}, after {seconds:.2f} s"
    )
