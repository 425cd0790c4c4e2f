from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone
from factory.declarations import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory, ImageField

from apps.bookings.models import Amenity, BookedNight, Booking, Listing, Photo, Report, Review
from apps.users.tests.factories import UserFactory


class AmenityFactory(DjangoModelFactory[Amenity]):
    class Meta:
        model = Amenity

    slug = Sequence(lambda number: f"amenity-{number}")
    name = Sequence(lambda number: f"Amenity {number}")


class ListingFactory(DjangoModelFactory[Listing]):
    """A published listing in Nairobi for four guests, at 50 dollars a night."""

    class Meta:
        model = Listing

    owner = SubFactory(UserFactory)
    title = Sequence(lambda number: f"Sunny room {number}")
    description = "Quiet, with a view of the garden."
    kind = Listing.Kind.ROOM
    city = "Nairobi"
    country = "KE"
    price_per_night = Decimal("50.00")
    currency = "USD"
    max_guests = 4
    time_zone = "Africa/Nairobi"
    is_published = True


class PhotoFactory(DjangoModelFactory[Photo]):
    class Meta:
        model = Photo

    listing = SubFactory(ListingFactory)
    image = ImageField(width=8, height=8, format="PNG")
    caption = "The view"
    position = Sequence(lambda number: number)


class BookingFactory(DjangoModelFactory[Booking]):
    """A pending booking of two nights, a month from now; like the service, but without its rows of nights."""

    class Meta:
        model = Booking

    listing = SubFactory(ListingFactory)
    guest = SubFactory(UserFactory)
    check_in = LazyFunction(lambda: timezone.now().date() + timedelta(days=30))
    check_out = LazyAttribute(lambda booking: booking.check_in + timedelta(days=2))
    guests = 2
    total_price = LazyAttribute(
        lambda booking: booking.listing.price_per_night * (booking.check_out - booking.check_in).days
    )
    currency = SelfAttribute("listing.currency")


class BookedNightFactory(DjangoModelFactory[BookedNight]):
    """The first night of a booking."""

    class Meta:
        model = BookedNight

    booking = SubFactory(BookingFactory)
    listing = SelfAttribute("booking.listing")
    night = SelfAttribute("booking.check_in")


class ReviewFactory(DjangoModelFactory[Review]):
    """Five stars for a completed stay."""

    class Meta:
        model = Review

    booking = SubFactory(BookingFactory, status=Booking.Status.COMPLETED)
    listing = SelfAttribute("booking.listing")
    author = SelfAttribute("booking.guest")
    rating = 5
    text = "We would come again."


class ReportFactory(DjangoModelFactory[Report]):
    """A report of January 2030 that nobody has begun to write."""

    class Meta:
        model = Report

    owner = SubFactory(UserFactory)
    month = date(2030, 1, 1)
