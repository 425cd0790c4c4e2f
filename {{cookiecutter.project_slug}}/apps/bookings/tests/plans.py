"""The queries that have to stay fast however many rows there are, and how the database reads them."""

from datetime import timedelta
from typing import Any

from django.core.management import call_command
from django.db.models import QuerySet
from django.utils import timezone

from apps.bookings import selectors
from apps.bookings.models import BookedNight, Booking, Listing

NEWEST = ("-created_at", "-id")
PAGE = 51


def fill() -> None:
    """Make enough rows for an index to be worth it, and let the planner know."""
    call_command("seed", listings=5000, bookings=40_000, force=True, verbosity=0)


def critical_queries() -> dict[str, QuerySet[Any]]:
    """What lists and tasks ask for, by what it is."""
    listing = Listing.objects.order_by("pk")[2500:2501].get()
    booking = Booking.objects.order_by("pk")[20_000:20_001].get()
    published = selectors.published_listings()
    today = timezone.now().date()
    return {
        "the first page of listings": published.order_by(*NEWEST)[:PAGE],
        "a later page of listings": published.filter(created_at__lt=listing.created_at).order_by(*NEWEST)[
            :PAGE
        ],
        "listings of a city": published.filter(city="Nairobi").order_by(*NEWEST)[:PAGE],
        "the cheapest listings": published.order_by("price_per_night", "id")[:PAGE],
        "listings of an owner": selectors.listings_of(listing.owner).order_by(*NEWEST)[:PAGE],
        "bookings of a user": selectors.bookings_of(booking.guest).order_by(*NEWEST)[:PAGE],
        "the calendar of a listing": Booking.objects.filter(listing=listing, check_in__gte=today),
        "the taken nights of a listing": BookedNight.objects.filter(
            listing=listing, night__range=(today, today + timedelta(days=30))
        ),
        "reviews of a listing": selectors.reviews_of(listing).order_by(*NEWEST)[:PAGE],
        "stays to complete": Booking.objects.filter(
            status=Booking.Status.CONFIRMED, check_out__lt=today - timedelta(days=1)
        ),
        "bookings to expire": selectors.unpaid_bookings(before=timezone.now() - timedelta(days=2000))[:500],
        "arrivals of a day": Booking.objects.filter(check_in=today),
    }


def report() -> str:
    """The plan of the first page of listings."""
    fill()
    return critical_queries()["the first page of listings"].explain(analyze=True)
