"""Rows for ``tests/test_query_counts.py``, each with relations of its own."""

from apps.bookings.models import Booking, Listing
from apps.bookings.tests.factories import (
    AmenityFactory,
    BookingFactory,
    ListingFactory,
    PhotoFactory,
    ReportFactory,
    ReviewFactory,
)
from apps.users.models import User

Address = dict[str, int]


def furnished_listing(**fields: object) -> Listing:
    listing = ListingFactory.create(**fields)
    listing.amenities.set(AmenityFactory.create_batch(2))
    PhotoFactory.create_batch(2, listing=listing)
    return listing


def listings(user: User, count: int) -> Address:
    for _ in range(count):
        furnished_listing()
    return {}


def own_listings(user: User, count: int) -> Address:
    for _ in range(count):
        furnished_listing(owner=user, is_published=False)
    return {}


def bookings(user: User, count: int) -> Address:
    for number in range(count):
        side = {"guest": user} if number % 2 else {"listing__owner": user}
        BookingFactory.create(**side)
    return {}


def photos(user: User, count: int) -> Address:
    listing = furnished_listing()
    PhotoFactory.create_batch(count - 2, listing=listing)
    return {"listing_id": listing.pk}


def reviews(user: User, count: int) -> Address:
    listing = furnished_listing()
    for _ in range(count):
        ReviewFactory.create(booking__listing=listing, booking__status=Booking.Status.COMPLETED)
    return {"listing_id": listing.pk}


def reports(user: User, count: int) -> Address:
    ReportFactory.create_batch(count, owner=user)
    return {}


def amenities(user: User, count: int) -> Address:
    AmenityFactory.create_batch(count)
    return {}


ROWS = {
    "v1:amenity-list": amenities,
    "v1:booking-list": bookings,
    "v1:listing-list": listings,
    "v1:listing-mine": own_listings,
    "v1:listing-photos": photos,
    "v1:listing-reviews": reviews,
    "v1:report-list": reports,
    "v2:listing-list": listings,
    "v2:listing-mine": own_listings,
}
