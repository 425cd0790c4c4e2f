"""Who may do what: every address, every method, every kind of caller."""

import json
from typing import Any

import pytest

from apps.bookings.tests.bodies import LISTING
from apps.bookings.tests.people import House, furnish_house
from apps.bookings.tests.pictures import picture

# The order of the statuses below. Staff have no rights of their own in the API.
ROLES = ("anonymous", "stranger", "guest", "owner", "staff")

LISTING_V2 = {**LISTING, "price_per_night": {"amount": "40.00", "currency": "USD"}}
BOOKING = {"check_in": "2030-01-01", "check_out": "2030-01-03", "guests": 2}
REPORT = {"month": "2030-01"}
REVIEW = {"rating": 5, "text": "Lovely."}

EVERYBODY = [200, 200, 200, 200, 200]
SIGNED_IN = [401, 200, 200, 200, 200]
NO_METHOD = [401, 405, 405, 405, 405]
FOR_OWNER = [404, 404, 404, 200, 404]
OWNER_CHANGES = [401, 403, 403, 200, 403]
OWNER_CHANGES_DRAFT = [401, 404, 404, 200, 404]

RULES: list[tuple[str, str, Any, list[int]]] = [
    *(
        rule
        for version, body in (("v1", LISTING), ("v2", LISTING_V2))
        for rule in (
            ("GET", f"/api/{version}/listings/", None, EVERYBODY),
            ("POST", f"/api/{version}/listings/", body, [401, 201, 201, 201, 201]),
            ("DELETE", f"/api/{version}/listings/", None, NO_METHOD),
            ("GET", f"/api/{version}/listings/mine/", None, SIGNED_IN),
            ("POST", f"/api/{version}/listings/mine/", body, NO_METHOD),
            ("GET", f"/api/{version}/listings/{{listing}}/", None, EVERYBODY),
            ("PUT", f"/api/{version}/listings/{{listing}}/", body, OWNER_CHANGES),
            ("PATCH", f"/api/{version}/listings/{{listing}}/", {"title": "Loft"}, OWNER_CHANGES),
            ("DELETE", f"/api/{version}/listings/{{listing}}/", None, NO_METHOD),
            ("GET", f"/api/{version}/listings/{{draft}}/", None, FOR_OWNER),
            ("PUT", f"/api/{version}/listings/{{draft}}/", body, OWNER_CHANGES_DRAFT),
            ("PATCH", f"/api/{version}/listings/{{draft}}/", {"title": "Loft"}, OWNER_CHANGES_DRAFT),
            ("GET", f"/api/{version}/listings/999999999/", None, [404, 404, 404, 404, 404]),
        )
    ),
    ("GET", "/api/v1/listings/{listing}/photos/", None, EVERYBODY),
    ("POST", "/api/v1/listings/{listing}/photos/", "picture", [401, 403, 403, 201, 403]),
    ("GET", "/api/v1/listings/{draft}/photos/", None, FOR_OWNER),
    ("POST", "/api/v1/listings/{draft}/photos/", "picture", [401, 404, 404, 201, 404]),
    ("GET", "/api/v1/photos/{photo}/", None, EVERYBODY),
    ("DELETE", "/api/v1/photos/{photo}/", None, [401, 403, 403, 204, 403]),
    ("PATCH", "/api/v1/photos/{photo}/", {}, NO_METHOD),
    ("GET", "/api/v1/photos/{draft_photo}/", None, FOR_OWNER),
    ("DELETE", "/api/v1/photos/{draft_photo}/", None, [401, 404, 404, 204, 404]),
    ("GET", "/api/v1/listings/{listing}/reviews/", None, EVERYBODY),
    ("POST", "/api/v1/listings/{listing}/reviews/", REVIEW, NO_METHOD),
    ("GET", "/api/v1/listings/{draft}/reviews/", None, FOR_OWNER),
    ("GET", "/api/v1/amenities/", None, EVERYBODY),
    ("POST", "/api/v1/amenities/", {"slug": "pool", "name": "Pool"}, NO_METHOD),
    ("GET", "/api/v1/bookings/", None, SIGNED_IN),
    # 409: owners cannot book their own listing.
    ("POST", "/api/v1/bookings/", BOOKING, [401, 201, 201, 409, 201]),
    ("GET", "/api/v1/bookings/{booking}/", None, [401, 404, 200, 200, 404]),
    ("PATCH", "/api/v1/bookings/{booking}/", {"status": "confirmed"}, NO_METHOD),
    ("PUT", "/api/v1/bookings/{booking}/", {"status": "confirmed"}, NO_METHOD),
    ("DELETE", "/api/v1/bookings/{booking}/", None, NO_METHOD),
    ("POST", "/api/v1/bookings/{booking}/confirm/", None, [401, 404, 403, 200, 404]),
    ("POST", "/api/v1/bookings/{booking}/cancel/", None, [401, 404, 200, 200, 404]),
    ("GET", "/api/v1/bookings/{booking}/cancel/", None, NO_METHOD),
    ("POST", "/api/v1/bookings/{stay}/review/", REVIEW, [401, 404, 201, 403, 404]),
    ("GET", "/api/v1/reports/", None, SIGNED_IN),
    ("POST", "/api/v1/reports/", REPORT, [401, 202, 202, 202, 202]),
    ("GET", "/api/v1/reports/{report}/", None, [401, 404, 404, 200, 404]),
    ("PATCH", "/api/v1/reports/{report}/", {"status": "done"}, NO_METHOD),
    ("DELETE", "/api/v1/reports/{report}/", None, NO_METHOD),
    # Not written yet.
    ("GET", "/api/v1/reports/{report}/file/", None, [401, 404, 404, 404, 404]),
]
CASES = [
    pytest.param(method, path, body, role, status, id=f"{method} {path} {role}")
    for method, path, body, statuses in RULES
    for role, status in zip(ROLES, statuses, strict=True)
]


@pytest.fixture
def house(db: None) -> House:
    return furnish_house()


@pytest.mark.parametrize(("method", "path", "body", "role", "status"), CASES)
def test_caller_gets_what_the_table_says(
    house: House, method: str, path: str, body: Any, role: str, status: int
) -> None:
    address = path.format(
        listing=house.listing.pk,
        draft=house.draft.pk,
        photo=house.photo.pk,
        draft_photo=house.draft_photo.pk,
        booking=house.booking.pk,
        stay=house.stay.pk,
        report=house.report.pk,
    )
    client = house.client(role)

    if body == "picture":
        response = client.post(address, {"image": picture()}, format="multipart")
    else:
        asked = {**body, "listing": house.listing.pk} if body is BOOKING else body
        response = client.generic(method, address, json.dumps(asked), content_type="application/json")

    assert response.status_code == status, response.content
    expected = "application/problem+json" if status >= 400 else "application/json"
    assert status == 204 or response["Content-Type"] == expected


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_list_shows_published_listings_only_even_to_their_owner(house: House, version: str) -> None:
    for role in ROLES:
        listed = house.client(role).get(f"/api/{version}/listings/").json()["results"]
        assert [listing["id"] for listing in listed] == [house.listing.pk]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_own_listings_are_listed_with_their_drafts(house: House, version: str) -> None:
    listed = house.client("owner").get(f"/api/{version}/listings/mine/").json()["results"]

    assert {listing["id"] for listing in listed} == {house.listing.pk, house.draft.pk}
    assert house.client("staff").get(f"/api/{version}/listings/mine/").json()["results"] == []


def test_bookings_are_listed_for_guest_and_owner_only(house: House) -> None:
    found = {role: len(house.client(role).get("/api/v1/bookings/").json()["results"]) for role in ROLES[1:]}

    assert found == {"stranger": 0, "guest": 2, "owner": 2, "staff": 0}


def test_nobody_reads_an_email_address_of_somebody_else(house: House) -> None:
    owner = house.client("owner")

    for address in ("/api/v1/bookings/", f"/api/v1/listings/{house.listing.pk}/"):
        assert b"@" not in owner.get(address).content
