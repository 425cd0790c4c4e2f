from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.bookings.models import BookedNight, Listing
from apps.bookings.tests.bodies import LISTING
from apps.bookings.tests.factories import AmenityFactory, BookingFactory, ListingFactory, PhotoFactory
from apps.bookings.tests.people import client_of
from apps.users.models import User

pytestmark = pytest.mark.django_db

URL = "/api/v1/listings/"
URL_V2 = "/api/v2/listings/"


def titles(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [listing["title"] for listing in response.json()["results"]]


def faults(response: Any) -> list[tuple[str, str]]:
    """Where something is wrong, and what, of each value that was refused."""
    assert response.status_code == 400, response.content
    problem = response.json()
    assert problem["code"] == "validation_error"
    return [(error.get("pointer") or error["parameter"], error["code"]) for error in problem["errors"]]


# Writing


def test_what_is_created_belongs_to_whoever_asked_and_is_a_draft(
    client_of_user: APIClient, user: User
) -> None:
    AmenityFactory.create(slug="pool")

    response = client_of_user.post(URL, {**LISTING, "amenities": ["pool"], "owner": 1, "id": 7})

    listing = Listing.objects.get()
    assert response.status_code == 201
    assert response["Location"] == f"http://testserver{URL}{listing.pk}/"
    assert response.json() == {
        "id": listing.pk,
        "owner": {"id": user.pk, "name": user.name},
        "title": "Attic",
        "description": "",
        "kind": "room",
        "city": "Nairobi",
        "country": "KE",
        "max_guests": 2,
        "time_zone": "Africa/Nairobi",
        "is_published": False,
        "amenities": ["pool"],
        "photos": [],
        "created_at": listing.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": listing.updated_at.isoformat().replace("+00:00", "Z"),
        "price_per_night": "40.00",
        "currency": "USD",
    }


def test_location_leads_to_what_was_created(client_of_user: APIClient) -> None:
    created = client_of_user.post(URL, LISTING)

    assert client_of_user.get(created["Location"]).json() == created.json()


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("title", "", ("#/title", "blank")),
        ("title", "x" * 121, ("#/title", "max_length")),
        ("title", "nul\0", ("#/title", "null_characters_not_allowed")),
        ("kind", "castle", ("#/kind", "invalid_choice")),
        ("country", "ke", ("#/country", "invalid")),
        ("country", "K1", ("#/country", "invalid")),
        ("currency", "usd", ("#/currency", "invalid")),
        ("price_per_night", "0", ("#/price_per_night", "min_value")),
        ("price_per_night", "-1.00", ("#/price_per_night", "min_value")),
        ("price_per_night", "1.005", ("#/price_per_night", "max_decimal_places")),
        ("price_per_night", "123456789.00", ("#/price_per_night", "max_digits")),
        ("price_per_night", "NaN", ("#/price_per_night", "invalid")),
        ("max_guests", 0, ("#/max_guests", "min_value")),
        ("max_guests", 40_000, ("#/max_guests", "max_value")),
        ("time_zone", "Africa/Atlantis", ("#/time_zone", "time_zone")),
        ("time_zone", "../../etc/passwd", ("#/time_zone", "time_zone")),
        ("amenities", ["no-such"], ("#/amenities/0", "does_not_exist")),
        ("amenities", "pool", ("#/amenities", "not_a_list")),
        ("amenities", [{}], ("#/amenities/0", "invalid")),
        ("is_published", "perhaps", ("#/is_published", "invalid")),
    ],
)
def test_unusable_value_is_refused_with_a_pointer_to_it(
    client_of_user: APIClient, field: str, value: object, fault: tuple[str, str]
) -> None:
    response = client_of_user.post(URL, {**LISTING, field: value})

    assert faults(response) == [fault]
    assert not Listing.objects.exists()


def test_each_missing_field_is_named(client_of_user: APIClient) -> None:
    assert set(faults(client_of_user.post(URL, {}))) == {(f"#/{field}", "required") for field in LISTING}


def test_empty_patch_changes_nothing(client_of_user: APIClient, user: User) -> None:
    listing = ListingFactory.create(owner=user)

    assert client_of_user.patch(f"{URL}{listing.pk}/", {}).status_code == 200

    before = listing.updated_at
    listing.refresh_from_db()
    assert listing.updated_at == before


def test_patch_changes_what_it_names_only(client_of_user: APIClient, user: User) -> None:
    listing = ListingFactory.create(owner=user, title="Old")
    listing.amenities.add(AmenityFactory.create(slug="pool"))
    AmenityFactory.create(slug="sauna")

    response = client_of_user.patch(f"{URL}{listing.pk}/", {"amenities": ["sauna"]})

    assert response.status_code == 200
    assert (response.json()["title"], response.json()["amenities"]) == ("Old", ["sauna"])
    assert [amenity.slug for amenity in listing.amenities.all()] == ["sauna"]


def test_owner_cannot_be_changed(client_of_user: APIClient, user: User) -> None:
    listing = ListingFactory.create(owner=user)

    client_of_user.patch(f"{URL}{listing.pk}/", {"owner": 1, "owner_id": 1})

    listing.refresh_from_db()
    assert listing.owner == user


# Conditional requests


def test_unchanged_listing_is_not_sent_again(client_of_user: APIClient, user: User) -> None:
    address = f"{URL}{ListingFactory.create(owner=user).pk}/"
    etag = client_of_user.get(address)["ETag"]

    response = client_of_user.get(address, headers={"If-None-Match": etag})

    assert (response.status_code, response.content) == (304, b"")


def test_new_photo_changes_the_version_of_its_listing(client_of_user: APIClient, user: User) -> None:
    listing = ListingFactory.create(owner=user)
    etag = client_of_user.get(f"{URL}{listing.pk}/")["ETag"]
    PhotoFactory.create(listing=listing)

    response = client_of_user.get(f"{URL}{listing.pk}/", headers={"If-None-Match": etag})

    assert response.status_code == 200


def test_renamed_amenity_changes_the_version_of_its_listings(client_of_user: APIClient, user: User) -> None:
    listing = ListingFactory.create(owner=user)
    listing.amenities.add(AmenityFactory.create(slug="wifi"))
    etag = client_of_user.get(f"{URL}{listing.pk}/")["ETag"]
    listing.amenities.update(slug="internet")

    response = client_of_user.get(f"{URL}{listing.pk}/", headers={"If-None-Match": etag})

    assert (response.status_code, response.json()["amenities"]) == (200, ["internet"])


@pytest.mark.parametrize("root", [URL, URL_V2])
def test_change_of_what_somebody_else_has_changed_meanwhile_is_refused(
    client_of_user: APIClient, user: User, root: str
) -> None:
    address = f"{root}{ListingFactory.create(owner=user).pk}/"
    etag = client_of_user.get(address)["ETag"]

    first = client_of_user.patch(address, {"title": "First"}, headers={"If-Match": etag})
    second = client_of_user.patch(address, {"title": "Second"}, headers={"If-Match": etag})

    assert (first.status_code, second.status_code) == (200, 412)
    assert second.json()["code"] == "precondition_failed"
    assert client_of_user.get(address).json()["title"] == "First"
    third = client_of_user.patch(address, {"title": "Third"}, headers={"If-Match": first["ETag"]})
    assert third.status_code == 200


# Versions


def test_version_1_says_until_when_it_is_there_and_what_follows(anonymous: APIClient) -> None:
    listing = ListingFactory.create()

    response = anonymous.get(f"{URL}{listing.pk}/")

    assert response["Deprecation"] == "@1793491200"
    assert response["Sunset"] == "Mon, 01 Nov 2027 00:00:00 GMT"
    assert f'<http://testserver{URL_V2}{listing.pk}/>; rel="successor-version"' in response["Link"]


def test_version_2_is_not_deprecated(anonymous: APIClient) -> None:
    response = anonymous.get(URL_V2)

    assert {"Deprecation", "Sunset"} & set(response.headers) == set()


def test_version_2_has_nothing_but_listings(anonymous: APIClient) -> None:
    assert anonymous.get("/api/v2/bookings/").status_code == 404


def test_versions_show_the_same_listing(anonymous: APIClient) -> None:
    address = f"{ListingFactory.create().pk}/"

    first, second = anonymous.get(URL + address).json(), anonymous.get(URL_V2 + address).json()

    assert first.pop("price_per_night") == "50.00"
    assert first.pop("currency") == "USD"
    assert second.pop("price_per_night") == {"amount": "50.00", "currency": "USD"}
    assert first == second


def test_version_2_takes_the_price_as_one_thing(client_of_user: APIClient) -> None:
    body = {**LISTING, "price_per_night": {"amount": "12.50", "currency": "EUR"}}

    created = client_of_user.post(URL_V2, body)

    assert created.status_code == 201
    assert created["Location"] == f"http://testserver{URL_V2}{created.json()['id']}/"
    listing = Listing.objects.get()
    assert (listing.price_per_night, listing.currency) == (Decimal("12.50"), "EUR")
    changed = client_of_user.patch(created["Location"], {"price_per_night": {"amount": "13"}})
    assert changed.json()["price_per_night"] == {"amount": "13.00", "currency": "EUR"}


@pytest.mark.parametrize(
    ("price", "fault"),
    [
        ("40.00", ("#/price_per_night", "invalid")),
        ({"amount": "40.00"}, ("#/price_per_night/currency", "required")),
        ({"amount": "0", "currency": "USD"}, ("#/price_per_night/amount", "min_value")),
        ({"amount": "1", "currency": "$"}, ("#/price_per_night/currency", "invalid")),
    ],
)
def test_version_2_points_into_the_price(
    client_of_user: APIClient, price: object, fault: tuple[str, str]
) -> None:
    response = client_of_user.post(URL_V2, {**LISTING, "price_per_night": price})

    assert faults(response) == [fault]


# Filters, search, order and pages


@pytest.fixture
def three(db: None) -> None:
    """Three listings that differ in everything; the last one is the newest."""
    pool, wifi = AmenityFactory.create(slug="pool"), AmenityFactory.create(slug="wifi")
    hut = ListingFactory.create(
        title="Hut", city="Mombasa", kind="house", price_per_night=10, max_guests=2, description="By the sea."
    )
    flat = ListingFactory.create(title="Flat", country="FR", city="Paris", price_per_night=20, max_guests=4)
    villa = ListingFactory.create(title="Villa", kind="house", price_per_night=30, max_guests=8)
    flat.amenities.set([wifi])
    villa.amenities.set([pool, wifi])
    hut_stay = BookingFactory.create(listing=hut, check_in=date(2030, 5, 1), check_out=date(2030, 5, 3))
    for day in (1, 2):
        BookedNight.objects.create(booking=hut_stay, listing=hut, night=date(2030, 5, day))


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("root", [URL, URL_V2])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Villa", "Flat", "Hut"]),
        ("city=Mombasa", ["Hut"]),
        ("city=mombasa", []),
        ("country=FR", ["Flat"]),
        ("kind=house", ["Villa", "Hut"]),
        ("kind=house&price_max=10", ["Hut"]),
        ("price_min=20", ["Villa", "Flat"]),
        ("price_min=10.01&price_max=29.99", ["Flat"]),
        ("guests=4", ["Villa", "Flat"]),
        ("guests=9", []),
        ("amenities=wifi", ["Villa", "Flat"]),
        ("amenities=wifi,pool", ["Villa"]),
        ("amenities=wifi,no-such", []),
        ("available_from=2030-05-02&available_to=2030-05-03", ["Villa", "Flat"]),
        ("available_from=2030-05-03&available_to=2030-05-09", ["Villa", "Flat", "Hut"]),
        ("available_from=2030-04-20&available_to=2030-05-01", ["Villa", "Flat", "Hut"]),
        ("available_from=2030-04-20&available_to=2030-05-02", ["Villa", "Flat"]),
        ("search=VILLA", ["Villa"]),
        ("search=sea", ["Hut"]),
        ("search=hut sea", ["Hut"]),
        ("search=hut paris", []),
        ("search=%25", []),
        ("ordering=price_per_night", ["Hut", "Flat", "Villa"]),
        ("ordering=-price_per_night", ["Villa", "Flat", "Hut"]),
        ("ordering=created_at", ["Hut", "Flat", "Villa"]),
        ("page_size=1", ["Villa"]),
    ],
)
def test_list_holds_what_was_asked_for(
    anonymous: APIClient, root: str, query: str, expected: list[str]
) -> None:
    assert titles(anonymous.get(f"{root}?{query}")) == expected


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("kind=castle", ("kind", "invalid_choice")),
        ("price_min=cheap", ("price_min", "invalid")),
        ("price_min=-1", ("price_min", "min_value")),
        ("price_max=123456789.12", ("price_max", "max_digits")),
        ("price_max=NaN", ("price_max", "invalid")),
        ("guests=0", ("guests", "min_value")),
        ("guests=1.5", ("guests", "max_decimal_places")),
        ("available_from=2030-05-02", ("available_to", "required")),
        ("available_to=2030-05-02", ("available_from", "required")),
        ("available_from=2030-05-02&available_to=2030-05-02", ("available_to", "not_after")),
        ("available_from=soon&available_to=2030-05-02", ("available_from", "invalid")),
        ("amenities=a,b,c,d,e,f,g,h,i,j,k", ("amenities", "max_length")),
        ("ordering=owner__password", ("ordering", "unknown")),
        ("owner__email=ada@example.com", ("owner__email", "unknown")),
        ("page_size=0", ("page_size", "invalid")),
    ],
)
def test_unusable_parameter_is_refused_by_name(
    anonymous: APIClient, query: str, fault: tuple[str, str]
) -> None:
    assert faults(anonymous.get(f"{URL}?{query}")) == [fault]


@pytest.mark.parametrize("ordering", ["", "price_per_night", "-price_per_night", "created_at"])
def test_walk_through_the_pages_sees_each_listing_once_while_others_come(
    client_of_user: APIClient, user: User, ordering: str
) -> None:
    now = timezone.now()
    # Many of one moment and one price: only the key tells them apart.
    known = {listing.pk for listing in ListingFactory.create_batch(12, owner=user, created_at=now)}
    address, seen = f"{URL}?page_size=5&ordering={ordering}", []

    for _ in range(20):
        page = client_of_user.get(address).json()
        seen += [listing["id"] for listing in page["results"]]
        ListingFactory.create(owner=user, created_at=now + timedelta(hours=1), price_per_night=1)
        address = page["next"]
        if address is None or known <= set(seen):
            break

    assert [pk for pk in seen if pk in known] == sorted(known, key=seen.index)
    assert known <= set(seen)
    assert len(seen) == len(set(seen))


def test_way_back_leads_over_the_same_pages(anonymous: APIClient) -> None:
    ListingFactory.create_batch(7, created_at=timezone.now(), owner=ListingFactory.create().owner)
    first = anonymous.get(f"{URL}?page_size=3").json()
    second = anonymous.get(first["next"]).json()

    back = anonymous.get(second["previous"]).json()

    assert back["results"] == first["results"]
    assert back["previous"] is None


def test_invented_cursor_is_not_found(anonymous: APIClient) -> None:
    assert anonymous.get(f"{URL}?cursor=abc").status_code == 404


def test_creating_is_counted_and_reading_is_not(client_of_user: APIClient, user: User, settings: Any) -> None:
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {"anon": None, "user": None, "writes": "1/min"},
    }

    first, second = client_of_user.post(URL, LISTING), client_of_user.post(URL_V2, LISTING)

    assert (first.status_code, second.status_code) == (201, 429)
    assert 0 < int(second["Retry-After"]) <= 120
    assert client_of_user.get(URL).status_code == 200
    assert client_of(None).get(URL).status_code == 200
