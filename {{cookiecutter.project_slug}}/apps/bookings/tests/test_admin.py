from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factory.django import DjangoModelFactory
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from apps.bookings.models import BookedNight, Booking, Listing, Photo
from apps.bookings.tests.factories import (
    AmenityFactory,
    BookedNightFactory,
    BookingFactory,
    ListingFactory,
    PhotoFactory,
    ReportFactory,
    ReviewFactory,
)
from apps.users.tests.factories import UserFactory

PAGES: dict[str, type[DjangoModelFactory[Any]]] = {
    "amenity": AmenityFactory,
    "booking": BookingFactory,
    "listing": ListingFactory,
    "report": ReportFactory,
    "review": ReviewFactory,
}


@pytest.fixture
def admin_browser(db: None, settings: Settings, tmp_path: Path) -> Client:
    settings.MEDIA_ROOT = tmp_path
    browser = Client()
    browser.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return browser


def act(browser: Client, page: str, action: str, *rows: int) -> Any:
    """Choose rows of a list and run an action on them."""
    data = {"action": action, "_selected_action": [str(row) for row in rows]}
    return browser.post(f"/admin/bookings/{page}/", data, follow=True)


def count_queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("page", PAGES)
def test_list_costs_as_many_queries_for_thirty_rows_as_for_three(page: str, admin_browser: Client) -> None:
    factory = PAGES[page]
    address = f"/admin/bookings/{page}/"
    factory.create_batch(3)
    few = count_queries(admin_browser, address)

    factory.create_batch(27)

    assert count_queries(admin_browser, address) == few


@pytest.mark.parametrize("page", PAGES)
def test_list_is_searched_without_an_error(page: str, admin_browser: Client) -> None:
    assert admin_browser.get(f"/admin/bookings/{page}/", {"q": "example"}).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_admin_shows_one_row(page: str, admin_browser: Client) -> None:
    row = PAGES[page].create()

    assert admin_browser.get(f"/admin/bookings/{page}/{row.pk}/change/").status_code == 200


@pytest.mark.parametrize("page", ["booking", "report", "review"])
def test_what_services_decide_cannot_be_added_by_hand(page: str, admin_browser: Client) -> None:
    assert admin_browser.get(f"/admin/bookings/{page}/add/").status_code == 403


def test_status_cannot_be_set_by_hand(admin_browser: Client) -> None:
    booking = BookingFactory.create()

    admin_browser.post(f"/admin/bookings/booking/{booking.pk}/change/", {"status": "completed"})

    booking.refresh_from_db()
    assert booking.status == "pending"


@pytest.mark.parametrize("field", ["owner", "amenities"])
def test_listing_finds_its_relations_by_typing(field: str, admin_browser: Client) -> None:
    row = UserFactory.create() if field == "owner" else AmenityFactory.create()
    parameters = {"app_label": "bookings", "model_name": "listing", "field_name": field, "term": str(row)}

    found = admin_browser.get("/admin/autocomplete/", parameters).json()

    assert [result["id"] for result in found["results"]] == [str(row.pk)]


def test_listing_is_added_with_a_photo(admin_browser: Client) -> None:
    image = PhotoFactory.build().image.file
    image.seek(0)
    data = {
        "title": "Loft",
        "owner": UserFactory.create().pk,
        "kind": "apartment",
        "city": "Accra",
        "country": "GH",
        "price_per_night": "80.00",
        "currency": "GHS",
        "max_guests": "2",
        "time_zone": "Africa/Accra",
        "photos-TOTAL_FORMS": "1",
        "photos-INITIAL_FORMS": "0",
        "photos-0-image": SimpleUploadedFile("view.png", image.read(), content_type="image/png"),
        "photos-0-position": "0",
    }

    response = admin_browser.post("/admin/bookings/listing/add/", data)

    assert response.status_code == 302
    assert Photo.objects.get().listing.title == "Loft"


def test_deleted_listing_takes_the_files_of_its_photos_along(
    admin_browser: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    photo = PhotoFactory.create()

    with django_capture_on_commit_callbacks(execute=True):
        admin_browser.post(f"/admin/bookings/listing/{photo.listing_id}/delete/", {"post": "yes"})

    assert not Listing.objects.exists()
    assert not Path(photo.image.path).exists()


@pytest.mark.parametrize(("action", "published"), [("publish", True), ("unpublish", False)])
def test_chosen_listings_are_published_or_taken_off(
    action: str, published: bool, admin_browser: Client
) -> None:
    listings = [ListingFactory.create(is_published=value) for value in (True, False)]
    other = ListingFactory.create(is_published=not published)

    act(admin_browser, "listing", action, *(listing.pk for listing in listings))

    assert [Listing.objects.get(pk=row.pk).is_published for row in (*listings, other)] == [
        published,
        published,
        not published,
    ]


def test_chosen_bookings_are_confirmed_and_the_others_named(admin_browser: Client) -> None:
    pending = BookingFactory.create()
    cancelled = BookingFactory.create(status="cancelled", check_in=date(2030, 1, 1))

    page = act(admin_browser, "booking", "confirm", pending.pk, cancelled.pk).content.decode()

    assert "2030-01-01 to 2030-01-03: The booking is cancelled; it cannot become confirmed." in page
    assert "Changed: 1." in page
    assert Booking.objects.get(pk=pending.pk).status == "confirmed"


def test_cancelling_gives_the_nights_back(admin_browser: Client) -> None:
    night = BookedNightFactory.create()

    act(admin_browser, "booking", "cancel", night.booking_id)

    assert (Booking.objects.get().status, BookedNight.objects.count()) == ("cancelled", 0)


@pytest.mark.parametrize(
    ("page", "header"),
    [
        ("listing", b"id,title,owner__email,kind,city"),
        ("booking", b"id,listing_id,listing__title,guest__email,check_in"),
        ("review", b"id,listing_id,listing__title,author__email,rating"),
    ],
)
def test_chosen_rows_are_exported(page: str, header: bytes, admin_browser: Client) -> None:
    rows = PAGES[page].create_batch(2)
    PAGES[page].create()

    response = act(admin_browser, page, "export_as_csv", *(row.pk for row in rows))

    lines = response.getvalue().removeprefix(b"\xef\xbb\xbf").splitlines()
    assert lines[0].startswith(header)
    assert {int(line.split(b",")[0]) for line in lines[1:]} == {row.pk for row in rows}


def test_whoever_may_only_look_is_offered_the_export_and_nothing_else(db: None) -> None:
    ListingFactory.create()
    viewer = UserFactory.create(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_listing"))
    browser = Client()
    browser.force_login(viewer)

    response = browser.get("/admin/bookings/listing/")

    assert [name for name, _ in response.context["action_form"].fields["action"].choices] == [
        "",
        "export_as_csv",
    ]
