from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.bookings.models import BookedNight, Booking, Review
from apps.bookings.tests.factories import BookingFactory, ListingFactory, ReviewFactory
from apps.bookings.tests.people import client_of
from apps.users.models import User
from apps.users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

URL = "/api/v1/bookings/"
DATES = {"check_in": "2030-01-01", "check_out": "2030-01-03"}


@pytest.fixture
def stay(db: None) -> dict[str, Any]:
    """What to send for a stay of two nights."""
    return {"listing": ListingFactory.create().pk, **DATES, "guests": 2}


def statuses(*responses: Any) -> list[int]:
    return [response.status_code for response in responses]


def test_guest_books_and_is_told_what_it_costs(
    client_of_user: APIClient, user: User, stay: dict[str, Any]
) -> None:
    response = client_of_user.post(URL, {**stay, "status": "confirmed", "total_price": "1", "guest": 1})

    booking = Booking.objects.select_related("listing").get()
    assert response.status_code == 201
    assert response["Location"] == f"http://testserver{URL}{booking.pk}/"
    assert response.json() == {
        "id": booking.pk,
        "listing": stay["listing"],
        "listing_title": booking.listing.title,
        "guest": {"id": user.pk, "name": user.name},
        "check_in": "2030-01-01",
        "check_out": "2030-01-03",
        "guests": 2,
        "status": "pending",
        "total_price": "100.00",
        "currency": "USD",
        "created_at": booking.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": booking.updated_at.isoformat().replace("+00:00", "Z"),
    }
    assert client_of_user.get(response["Location"]).json() == response.json()


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("check_out", "2030-01-01", ("#/check_out", "not_after")),
        ("check_out", "2029-12-31", ("#/check_out", "not_after")),
        ("check_in", "2030-02-30", ("#/check_in", "invalid")),
        ("check_in", "2030-01-01T10:00:00Z", ("#/check_in", "invalid")),
        ("guests", 0, ("#/guests", "min_value")),
        ("guests", "two", ("#/guests", "invalid")),
        ("listing", 999_999_999, ("#/listing", "does_not_exist")),
        ("listing", "first", ("#/listing", "incorrect_type")),
        ("listing", 10**30, ("#/listing", "does_not_exist")),
        ("listing", None, ("#/listing", "null")),
    ],
)
def test_unusable_value_is_refused_with_a_pointer_to_it(
    client_of_user: APIClient, stay: dict[str, Any], field: str, value: object, fault: tuple[str, str]
) -> None:
    response = client_of_user.post(URL, {**stay, field: value})

    assert response.status_code == 400
    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [fault]
    assert not Booking.objects.exists()


def test_each_missing_field_is_named(client_of_user: APIClient) -> None:
    errors = client_of_user.post(URL, {}).json()["errors"]

    assert {error["pointer"] for error in errors} == {"#/listing", "#/check_in", "#/check_out", "#/guests"}


def test_draft_of_somebody_else_does_not_exist_for_guests(client_of_user: APIClient) -> None:
    draft = ListingFactory.create(is_published=False)

    response = client_of_user.post(URL, {"listing": draft.pk, **DATES, "guests": 1})

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "#/listing"


@pytest.mark.parametrize(
    "changes",
    [
        {"guests": 5},
        {"check_in": "2020-01-01", "check_out": "2020-01-02"},
        {"check_out": "2031-01-01"},
    ],
    ids=["too many guests", "in the past", "too long"],
)
def test_stay_that_the_listing_does_not_allow_is_a_conflict(
    client_of_user: APIClient, stay: dict[str, Any], changes: dict[str, Any]
) -> None:
    response = client_of_user.post(URL, {**stay, **changes})

    assert (response.status_code, response.json()["code"]) == (409, "not_bookable")


def test_night_is_booked_once(client_of_user: APIClient, stay: dict[str, Any]) -> None:
    other = client_of(UserFactory.create())
    overlapping = {**stay, "check_in": "2030-01-02", "check_out": "2030-01-05"}
    following = {**stay, "check_in": "2030-01-03", "check_out": "2030-01-05"}

    first = client_of_user.post(URL, stay)
    second = other.post(URL, overlapping)
    third = other.post(URL, following)

    assert statuses(first, second, third) == [201, 409, 201]
    assert second.json()["code"] == "nights_taken"
    assert second["Content-Type"] == "application/problem+json"


# Asked again


def test_same_request_with_the_same_key_books_once(client_of_user: APIClient, stay: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": str(uuid4())}

    first = client_of_user.post(URL, stay, headers=headers)
    again = client_of_user.post(URL, stay, headers=headers)

    assert statuses(first, again) == [201, 201]
    assert again.json() == first.json()
    assert again["Location"] == first["Location"]
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Booking.objects.count() == 1


def test_same_key_for_another_stay_is_refused(client_of_user: APIClient, stay: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    client_of_user.post(URL, stay, headers=headers)

    response = client_of_user.post(URL, {**stay, "guests": 1}, headers=headers)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")


def test_key_stays_free_when_the_nights_were_taken(client_of_user: APIClient, stay: dict[str, Any]) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    theirs = client_of(UserFactory.create()).post(URL, stay).json()

    taken = client_of_user.post(URL, stay, headers=headers)
    client_of(Booking.objects.get().guest).post(f"{URL}{theirs['id']}/cancel/")
    free = client_of_user.post(URL, stay, headers=headers)

    assert statuses(taken, free) == [409, 201]


# What becomes of it


def test_owner_confirms_and_guest_sees_it(client_of_user: APIClient, stay: dict[str, Any]) -> None:
    booked = client_of_user.post(URL, stay)
    owner = client_of(Booking.objects.get().listing.owner)

    confirmed = owner.post(f"{booked['Location']}confirm/")

    assert (confirmed.status_code, confirmed.json()["status"]) == (200, "confirmed")
    assert client_of_user.get(booked["Location"]).json() == confirmed.json()


def test_cancelling_frees_the_nights(client_of_user: APIClient, stay: dict[str, Any]) -> None:
    booked = client_of_user.post(URL, stay)

    cancelled = client_of_user.post(f"{booked['Location']}cancel/")

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    assert not BookedNight.objects.exists()
    assert client_of(UserFactory.create()).post(URL, stay).status_code == 201


@pytest.mark.parametrize("status", ["cancelled", "completed"])
@pytest.mark.parametrize("step", ["confirm", "cancel"])
def test_what_is_over_cannot_be_changed(
    client_of_user: APIClient, user: User, status: str, step: str
) -> None:
    booking = BookingFactory.create(listing__owner=user, status=status)

    response = client_of_user.post(f"{URL}{booking.pk}/{step}/")

    assert (response.status_code, response.json()["code"]) == (409, "booking_not_changeable")


def test_unchanged_booking_is_not_sent_again(client_of_user: APIClient, user: User) -> None:
    booking = BookingFactory.create(listing__owner=user)
    address = f"{URL}{booking.pk}/"
    headers = {"If-None-Match": client_of_user.get(address)["ETag"]}

    unchanged = client_of_user.get(address, headers=headers)
    client_of_user.post(f"{address}confirm/")
    changed = client_of_user.get(address, headers=headers)

    assert statuses(unchanged, changed) == [304, 200]


def test_bookings_are_filtered_by_status_and_listing(client_of_user: APIClient, user: User) -> None:
    pending = BookingFactory.create(guest=user)
    cancelled = BookingFactory.create(guest=user, status=Booking.Status.CANCELLED)

    def found(query: str) -> list[int]:
        return [booking["id"] for booking in client_of_user.get(f"{URL}?{query}").json()["results"]]

    assert found("status=cancelled") == [cancelled.pk]
    assert found(f"listing={pending.listing_id}") == [pending.pk]
    assert found("") == [cancelled.pk, pending.pk]
    assert client_of_user.get(f"{URL}?status=lost").json()["errors"][0]["parameter"] == "status"


# Reviews


def test_guest_reviews_a_completed_stay_for_everybody_to_read(
    client_of_user: APIClient, user: User, anonymous: APIClient
) -> None:
    booking = BookingFactory.create(guest=user, status=Booking.Status.COMPLETED)

    written = client_of_user.post(f"{URL}{booking.pk}/review/", {"rating": 4, "text": "Quiet."})

    review = Review.objects.get()
    assert written.status_code == 201
    assert written.json() == {
        "id": review.pk,
        "booking": booking.pk,
        "author": {"id": user.pk, "name": user.name},
        "rating": 4,
        "text": "Quiet.",
        "created_at": review.created_at.isoformat().replace("+00:00", "Z"),
    }
    read = anonymous.get(f"/api/v1/listings/{booking.listing_id}/reviews/")
    assert read.json()["results"] == [written.json()]


@pytest.mark.parametrize("status", ["pending", "confirmed", "cancelled"])
def test_stay_that_has_not_been_cannot_be_reviewed(
    client_of_user: APIClient, user: User, status: str
) -> None:
    booking = BookingFactory.create(guest=user, status=status)

    response = client_of_user.post(f"{URL}{booking.pk}/review/", {"rating": 5})

    assert (response.status_code, response.json()["code"]) == (409, "review_not_allowed")


def test_stay_is_reviewed_once(client_of_user: APIClient, user: User) -> None:
    review = ReviewFactory.create(booking__guest=user)

    response = client_of_user.post(f"{URL}{review.booking_id}/review/", {"rating": 1})

    assert (response.status_code, response.json()["code"]) == (409, "review_not_allowed")
    assert Review.objects.get() == review


@pytest.mark.parametrize(
    ("rating", "code"),
    [(0, "min_value"), (6, "max_value"), ("good", "invalid"), (None, "null")],
)
def test_rating_is_one_to_five(client_of_user: APIClient, user: User, rating: object, code: str) -> None:
    booking = BookingFactory.create(guest=user, status=Booking.Status.COMPLETED)

    response = client_of_user.post(f"{URL}{booking.pk}/review/", {"rating": rating})

    assert response.status_code == 400
    assert [(e["pointer"], e["code"]) for e in response.json()["errors"]] == [("#/rating", code)]


def test_reviews_come_newest_first_and_in_pages(anonymous: APIClient) -> None:
    listing, now = ListingFactory.create(), timezone.now()
    old, new = (
        ReviewFactory.create(booking__listing=listing, created_at=now - timedelta(days=days))
        for days in (2, 1)
    )

    first = anonymous.get(f"/api/v1/listings/{listing.pk}/reviews/?page_size=1").json()
    second = anonymous.get(first["next"]).json()

    assert [review["id"] for review in first["results"] + second["results"]] == [new.pk, old.pk]
    assert second["next"] is None
