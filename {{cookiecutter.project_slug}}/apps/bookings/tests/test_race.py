"""Many at once for the same nights, against a real database: each of them with its own connection."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier

import httpx
import pytest
from django.test import Client
from pytest_django import Settings

from apps.bookings import services
from apps.bookings.models import BookedNight, Booking
from apps.bookings.tests.factories import ListingFactory
from apps.bookings.tests.races import AT_ONCE, all_at_once
from apps.users.models import User
from apps.users.tests.factories import UserFactory
from tests import processes

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = date.today() + timedelta(days=30)  # noqa: DTZ011 - any day to come will do


@pytest.mark.lesson("orm-transactions-and-constraints")
def test_of_fifty_at_once_for_a_night_exactly_one_succeeds() -> None:
    listing = ListingFactory.create()
    guests = UserFactory.create_batch(AT_ONCE)

    def request(guest: User) -> Callable[[], Booking]:
        return lambda: services.book(
            listing=listing, guest=guest, check_in=FIRST, check_out=FIRST + timedelta(days=2), guests=1
        )

    outcomes = all_at_once(*map(request, guests))

    assert outcomes == {"booked": 1, "taken": AT_ONCE - 1}
    assert Booking.objects.count() == 1
    assert BookedNight.objects.count() == 2


def test_overlapping_stays_from_both_sides_end_in_refusals_and_never_in_a_deadlock() -> None:
    listing = ListingFactory.create()
    guest = UserFactory.create()

    def request(number: int) -> Callable[[], Booking]:
        # Each shares nights with its neighbours; every other one is asked for from the far end.
        start = FIRST + timedelta(days=number if number % 2 else AT_ONCE - number)
        return lambda: services.book(
            listing=listing, guest=guest, check_in=start, check_out=start + timedelta(days=20), guests=1
        )

    outcomes = all_at_once(*map(request, range(AT_ONCE)))

    assert set(outcomes) == {"booked", "taken"}
    assert Booking.objects.count() == outcomes["booked"]
    assert BookedNight.objects.count() == 20 * outcomes["booked"]


def test_nights_given_back_and_asked_for_at_the_same_time_go_to_one() -> None:
    listing = ListingFactory.create()
    guest = UserFactory.create()

    def request() -> Booking:
        return services.book(
            listing=listing, guest=guest, check_in=FIRST, check_out=FIRST + timedelta(days=20), guests=1
        )

    held = request()
    outcomes = all_at_once(lambda: services.cancel_booking(booking=held), *[request] * 9)

    # The one that is "booked" for certain is the cancellation; at most one other got the nights.
    assert outcomes["booked"] in (1, 2)
    assert BookedNight.objects.count() == 20 * (outcomes["booked"] - 1)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The output of the site."""
    return tmp_path / "log"


@pytest.fixture
def client(log: Path, settings: Settings) -> Iterator[httpx.Client]:
    """A client of gunicorn with production's settings, which takes it for the proxy in front."""
    environment = processes.production_environment(WEB_CONCURRENCY="2", FORWARDED_ALLOW_IPS="127.0.0.1")
    # Sessions made here have to count there.
    settings.SECRET_KEY = environment["SECRET_KEY"]
    with processes.site(environment, log=log) as client:
        yield client


def headers_of(guest: User) -> dict[str, str]:
    """What the browser of a signed-in guest sends, as the proxy in front hands it on."""
    browser = Client()
    browser.force_login(guest)
    token = "t" * 32
    return {
        "Host": "shop.example.com",
        "X-Forwarded-Proto": "https",
        "Referer": "https://shop.example.com/",
        "Cookie": f"sessionid={browser.cookies['sessionid'].value}; csrftoken={token}",
        "X-CSRFToken": token,
    }


def test_of_fifty_requests_at_once_for_a_night_one_is_created_and_the_others_conflict(
    client: httpx.Client, log: Path
) -> None:
    listing = ListingFactory.create()
    stay = {
        "listing": listing.pk,
        "check_in": str(FIRST),
        "check_out": str(FIRST + timedelta(days=2)),
        "guests": 1,
    }
    guests = [headers_of(guest) for guest in UserFactory.create_batch(AT_ONCE)]
    start = Barrier(AT_ONCE)

    def request(headers: dict[str, str]) -> httpx.Response:
        start.wait(timeout=60)
        return client.post("/api/v1/bookings/", json=stay, headers=headers, timeout=60)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        responses = list(threads.map(request, guests))

    statuses = Counter(response.status_code for response in responses)
    assert statuses == {201: 1, 409: AT_ONCE - 1}, log.read_text()
    assert {response.json()["code"] for response in responses if response.is_error} == {"nights_taken"}
    assert Booking.objects.count() == 1
    assert BookedNight.objects.count() == 2
