"""Those who ask, and what they ask about."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from rest_framework.test import APIClient

from apps.bookings.models import Booking, Listing, Photo, Report
from apps.bookings.tests.factories import BookingFactory, ListingFactory, PhotoFactory, ReportFactory
from apps.users.models import User
from apps.users.tests.factories import UserFactory


def client_of(user: User | None) -> APIClient:
    """An API client that is signed in as ``user``, or as nobody."""
    client = APIClient()
    if user:
        client.force_authenticate(user)
    return client


@dataclass(frozen=True)
class House:
    """A listing with its draft sister, and whoever may want something of them."""

    owner: User
    guest: User
    stranger: User
    staff: User
    listing: Listing
    draft: Listing
    photo: Photo
    draft_photo: Photo
    booking: Booking
    stay: Booking
    report: Report

    def client(self, role: str) -> APIClient:
        return client_of(None if role == "anonymous" else getattr(self, role))


def furnish_house() -> House:
    owner, guest, stranger = UserFactory.create_batch(3)
    listing = ListingFactory.create(owner=owner)
    draft = ListingFactory.create(owner=owner, is_published=False)
    last_month = timezone.now().date() - timedelta(days=30)
    return House(
        owner=owner,
        guest=guest,
        stranger=stranger,
        staff=UserFactory.create(is_staff=True, is_superuser=True),
        listing=listing,
        draft=draft,
        photo=PhotoFactory.create(listing=listing),
        draft_photo=PhotoFactory.create(listing=draft),
        booking=BookingFactory.create(listing=listing, guest=guest),
        stay=BookingFactory.create(
            listing=listing, guest=guest, check_in=last_month, status=Booking.Status.COMPLETED
        ),
        report=ReportFactory.create(owner=owner),
    )
