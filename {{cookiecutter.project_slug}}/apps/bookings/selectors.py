"""What lists and pages read: each query brings along the relations that its rows show."""

from datetime import date, datetime, timedelta

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from apps.bookings.models import Booking, Listing, Photo, Report, Review
from apps.core.database.once import Once
from apps.users.models import User


def published_listings() -> QuerySet[Listing]:
    """What everybody may see."""
    return _with_relations(Listing.objects.filter(is_published=True))


def listings_of(owner: User) -> QuerySet[Listing]:
    """An owner's own listings, drafts too."""
    return _with_relations(Listing.objects.filter(owner=owner))


def visible_listings(user: User | AnonymousUser) -> QuerySet[Listing]:
    """What is published, and the user's own drafts.

    Made for finding one of them; for a page of many, ``published_listings`` reads its index in order.
    """
    if isinstance(user, AnonymousUser):
        return published_listings()
    return _with_relations(Listing.objects.filter(Q(is_published=True) | Q(owner=user)))


def visible_photos(user: User | AnonymousUser) -> QuerySet[Photo]:
    """The photos of the listings that a user may see."""
    return Photo.objects.filter(listing__in=visible_listings(user).order_by()).select_related("listing")


def bookings_of(user: User) -> QuerySet[Booking]:
    """The bookings that concern a user: as their guest, or as the owner of the listing.

    Two subqueries, because each has an index. ``Q(guest=user) | Q(listing__owner=user)`` has none that
    serves both halves, and reads all bookings there are.
    """
    as_guest = Booking.objects.filter(guest=user).values("pk")
    as_owner = Booking.objects.filter(listing__owner=user).values("pk")
    return Booking.objects.filter(pk__in=Once(as_guest.union(as_owner))).select_related("listing", "guest")


def unpaid_bookings(*, before: datetime) -> QuerySet[Booking]:
    """The bookings that were made before a moment and are pending still, the oldest first."""
    return Booking.objects.filter(status=Booking.Status.PENDING, created_at__lt=before).order_by(
        "created_at", "pk"
    )


def reviews_of(listing: Listing) -> QuerySet[Review]:
    """The reviews of a listing, with their authors."""
    return Review.objects.filter(listing=listing).select_related("author")


def reports_of(owner: User) -> QuerySet[Report]:
    """The reports that somebody has asked for."""
    return Report.objects.filter(owner=owner)


def stays_of_month(owner: User, month: date) -> QuerySet[Booking]:
    """The stays in an owner's listings that begin in a month, in their order.

    Args:
        month: Its first day.
    """
    next_month = (month + timedelta(days=31)).replace(day=1)
    return Booking.objects.filter(
        listing__owner=owner, check_in__gte=month, check_in__lt=next_month
    ).order_by("check_in", "pk")


def _with_relations(listings: QuerySet[Listing]) -> QuerySet[Listing]:
    return listings.select_related("owner").prefetch_related("amenities", "photos")
