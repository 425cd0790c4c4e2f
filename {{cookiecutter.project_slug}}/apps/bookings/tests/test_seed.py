import tracemalloc
from collections import deque
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.bookings import selectors, services
from apps.bookings.demo import rows, writing
from apps.bookings.demo.rows import FIELDS, Plan
from apps.bookings.models import Amenity, BookedNight, Booking, Listing, Review
from apps.bookings.tests.factories import ListingFactory
from apps.users.models import User
from apps.users.tests.factories import UserFactory

TODAY = date(2030, 1, 1)
PLAN = Plan(listings=7, bookings=40, seed=1, today=TODAY, amenities=(1, 2, 3))


def seed(**options: Any) -> None:
    call_command("seed", **{"listings": 7, "bookings": 40, "force": True, "verbosity": 0, **options})


def all_rows(plan: Plan) -> dict[Any, list[rows.Row]]:
    made: dict[Any, list[rows.Row]] = {model: [] for model in FIELDS}
    for batch in rows.batches(plan):
        for model, some in batch.rows.items():
            made[model] += some
    return made


@pytest.mark.django_db
def test_seed_makes_as_many_rows_as_asked_for() -> None:
    seed()

    assert (Listing.objects.count(), Booking.objects.count(), Amenity.objects.count()) == (7, 40, 12)
    assert Review.objects.exists()
    assert set(Booking.objects.values_list("status", flat=True)) == set(Booking.Status.values)
    assert not selectors.unpaid_bookings(before=timezone.now() - services.UNPAID_FOR).exists()


@pytest.mark.django_db
def test_bookings_hold_all_their_nights_and_cancelled_ones_none() -> None:
    seed()

    for booking in Booking.objects.prefetch_related("nights"):
        nights = services.nights_between(booking.check_in, booking.check_out)
        expected = [] if booking.status == "cancelled" else nights
        assert sorted(night.night for night in booking.nights.all()) == expected
    assert not BookedNight.objects.exclude(listing=F("booking__listing")).exists()


@pytest.mark.django_db
def test_bookings_cost_what_their_nights_cost_and_fit_the_listing() -> None:
    seed()

    for booking in Booking.objects.select_related("listing"):
        nights = (booking.check_out - booking.check_in).days
        assert booking.total_price == booking.listing.price_per_night * nights
        assert booking.currency == booking.listing.currency
        assert booking.guests <= booking.listing.max_guests


@pytest.mark.django_db
def test_second_run_adds_to_what_is_there() -> None:
    listing = ListingFactory.create()

    seed()
    seed(listings=1, bookings=0)

    assert Listing.objects.count() == 9
    assert Listing.objects.filter(pk=listing.pk).exists()


@pytest.mark.django_db
def test_database_goes_on_counting_after_the_given_keys() -> None:
    seed()

    listing = ListingFactory.create()
    booking = services.book(
        listing=listing,
        guest=UserFactory.create(),
        check_in=date.max - timedelta(days=2),
        check_out=date.max,
        guests=1,
    )

    assert (listing.pk, booking.pk) == (
        Listing.objects.order_by("pk").values_list("pk", flat=True).last(),
        Booking.objects.order_by("pk").values_list("pk", flat=True).last(),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("password", "signed_in"), [("open sesame", True), (None, False)])
def test_invented_people_sign_in_only_where_a_password_is_given(
    password: str | None, signed_in: bool
) -> None:
    seed(password=password)

    person = User.objects.get(pk=Listing.objects.values_list("owner", flat=True)[0])

    assert Client().login(email=person.email, password=password or "") is signed_in


@pytest.mark.django_db
def test_interrupted_seed_leaves_whole_batches_and_the_right_next_keys(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "BOOKINGS_AT_ONCE", 14)
    whole = list(rows.batches(replace(PLAN, bookings=40)))
    write_rows = writing.write_rows
    written = deque[object]()

    def write_until_the_second_batch(*arguments: Any) -> None:
        if len(written) == len(FIELDS) + 3:
            raise KeyboardInterrupt
        written.append(arguments[0])
        write_rows(*arguments)

    monkeypatch.setattr(writing, "write_rows", write_until_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        seed()

    assert Listing.objects.count() == len(whole[0].rows[Listing]) == 2
    assert Booking.objects.count() == len(whole[0].rows[Booking])
    assert not Listing.objects.annotate(stays=Count("bookings")).filter(stays=0).exists()
    ListingFactory.create()


def test_same_seed_makes_the_same_rows() -> None:
    assert all_rows(PLAN) == all_rows(PLAN)
    assert list(rows.people(PLAN)) == list(rows.people(PLAN))


def test_another_seed_makes_other_rows() -> None:
    assert all_rows(PLAN)[Listing] != all_rows(replace(PLAN, seed=2))[Listing]


def test_no_night_of_a_listing_is_made_twice_even_where_all_slots_are_full() -> None:
    busy = replace(PLAN, listings=2, bookings=2 * rows.MOST_BOOKINGS_OF_A_LISTING)

    nights = [(listing, night) for _, listing, night in all_rows(busy)[BookedNight]]

    assert len(nights) == len(set(nights)) > 2000


def test_no_two_listings_are_opened_at_the_same_moment() -> None:
    made = all_rows(replace(PLAN, listings=1000, bookings=0))[Listing]

    opened = [row[FIELDS[Listing].index("created_at")] for row in made]

    assert sorted(set(opened)) == opened


def test_rows_are_made_in_batches_so_that_more_of_them_take_no_more_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rows, "BOOKINGS_AT_ONCE", 1000)

    def peak(size: int) -> int:
        tracemalloc.start()
        deque(rows.batches(replace(PLAN, listings=size, bookings=5 * size)), maxlen=0)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    # What the first run makes and keeps for all is no row.
    peak(800)
    assert peak(4000) < 1.5 * peak(800)


@pytest.mark.django_db
def test_rows_are_the_same_on_a_database_without_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    seed()
    copied = set(Booking.objects.values_list("check_in", "total_price", "status"))
    Booking.objects.all().delete()
    stub = SimpleNamespace(vendor="another", cursor=connection.cursor, ops=connection.ops)
    monkeypatch.setattr(writing, "connection", stub)

    seed()

    assert set(Booking.objects.values_list("check_in", "total_price", "status")) == copied


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"force": False}, "DEBUG is off, as in production. To add invented rows all the same: --force"),
        ({"listings": 0}, "Ask for one listing or more, and for no negative number of bookings."),
        ({"bookings": -1}, "Ask for one listing or more, and for no negative number of bookings."),
        (
            {"listings": 10, "bookings": 9001},
            "10 listings have room for 9,000 bookings. Ask for more listings.",
        ),
    ],
)
def test_seed_refuses_what_does_harm_or_cannot_be_done(options: dict[str, Any], why: str) -> None:
    with pytest.raises(CommandError) as refusal:
        seed(**options)

    assert str(refusal.value) == why


@pytest.mark.django_db
def test_development_needs_no_force_and_shows_progress(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEBUG = True

    call_command("seed", listings=2, bookings=4)

    shown = capsys.readouterr().out
    assert "bookings" in shown
    assert "4/4" in shown
    assert "Added 2 listings and 4 bookings." in shown
