"""The database's promises, kept also against writes that no form, serializer or service has seen."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from apps.bookings.models import BookedNight, Booking, Listing, Photo, Review
from apps.bookings.tests.factories import (
    AmenityFactory,
    BookedNightFactory,
    BookingFactory,
    ListingFactory,
    PhotoFactory,
    ReviewFactory,
)

pytestmark = pytest.mark.django_db


def write(row: models.Model, **values: Any) -> None:
    """Change a row past everything that checks values in Python."""
    with transaction.atomic():
        type(row)._default_manager.filter(pk=row.pk).update(**values)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"price_per_night": 0}, "listing_price_is_positive"),
        ({"price_per_night": -5}, "listing_price_is_positive"),
        ({"currency": "usd"}, "listing_currency_is_a_code"),
        ({"currency": "US"}, "listing_currency_is_a_code"),
        ({"currency": "ÄÖÜ"}, "listing_currency_is_a_code"),
        ({"country": "ke"}, "listing_country_is_a_code"),
        ({"max_guests": 0}, "listing_takes_a_guest"),
        ({"kind": "castle"}, "listing_kind_is_known"),
        ({"title": ""}, "listing_has_a_title"),
        ({"city": ""}, "listing_has_a_city"),
    ],
)
def test_listing_that_breaks_a_rule_is_refused_by_the_database(
    values: dict[str, Any], constraint: str
) -> None:
    listing = ListingFactory.create()

    with pytest.raises(IntegrityError, match=constraint):
        write(listing, **values)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"check_in": date(2030, 1, 2), "check_out": date(2030, 1, 2)}, "booking_ends_after_it_begins"),
        ({"check_in": date(2030, 1, 2), "check_out": date(2030, 1, 1)}, "booking_ends_after_it_begins"),
        ({"guests": 0}, "booking_has_a_guest"),
        ({"total_price": 0}, "booking_price_is_positive"),
        ({"currency": "eur"}, "booking_currency_is_a_code"),
        ({"status": "lost"}, "booking_status_is_known"),
    ],
)
def test_booking_that_breaks_a_rule_is_refused_by_the_database(
    values: dict[str, Any], constraint: str
) -> None:
    booking = BookingFactory.create()

    with pytest.raises(IntegrityError, match=constraint):
        write(booking, **values)


@pytest.mark.parametrize("rating", [0, 6])
def test_rating_outside_of_1_to_5_is_refused_by_the_database(rating: int) -> None:
    review = ReviewFactory.create()

    with pytest.raises(IntegrityError, match="review_rating_is_1_to_5"):
        write(review, rating=rating)


def test_second_row_for_a_night_of_a_listing_is_refused_by_the_database() -> None:
    held = BookedNightFactory.create()
    other = BookingFactory.create(listing=held.listing)

    with pytest.raises(IntegrityError, match="night_is_booked_once"):
        BookedNight.objects.create(booking=other, listing=held.listing, night=held.night)


def test_second_review_of_a_stay_is_refused_by_the_database() -> None:
    review = ReviewFactory.create()

    with pytest.raises(IntegrityError, match="booking_id"):
        Review.objects.create(booking=review.booking, listing=review.listing, author=review.author, rating=1)


def test_listing_with_bookings_cannot_be_deleted() -> None:
    booking = BookingFactory.create()

    with pytest.raises(models.ProtectedError):
        booking.listing.delete()


@pytest.mark.parametrize(
    ("model", "field", "values"),
    [
        (Listing, "kind", Listing.Kind.values),
        (Booking, "status", Booking.Status.values),
    ],
)
def test_constraint_knows_every_choice(model: type[models.Model], field: str, values: list[str]) -> None:
    allowed = [
        condition[1]
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint) and isinstance(constraint.condition, models.Q)
        for condition in constraint.condition.children
        if isinstance(condition, tuple) and condition[0] == f"{field}__in"
    ]

    assert allowed == [values]


@pytest.mark.parametrize("name", ["GMT+25", "../etc/passwd", "Nairobi", ""])
def test_unknown_time_zone_is_refused(name: str) -> None:
    listing = ListingFactory.build(time_zone=name)

    with pytest.raises(ValidationError) as refusal:
        listing.clean_fields(exclude=["owner"])

    assert refusal.value.message_dict.keys() == {"time_zone"}


def test_rows_introduce_themselves() -> None:
    booking = BookingFactory.build(check_in=date(2030, 1, 1), check_out=date(2030, 1, 3))
    night = BookedNight(night=date(2030, 1, 1))

    assert [
        str(AmenityFactory.build(name="Wi-Fi")),
        str(ListingFactory.build(title="Sunny room")),
        str(PhotoFactory.build(caption="The view")),
        str(Photo(image="listings/view.png")),
        str(booking),
        str(night),
        str(Review(rating=4)),
    ] == [
        "Wi-Fi",
        "Sunny room",
        "The view",
        "listings/view.png",
        "2030-01-01 to 2030-01-03",
        "2030-01-01",
        "4 of 5",
    ]
