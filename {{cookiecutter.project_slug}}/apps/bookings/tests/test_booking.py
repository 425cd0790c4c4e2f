"""Booking, and what becomes of a booking."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.bookings import services, tasks
from apps.bookings.errors import BookingNotChangeable, NightsTaken, NotBookable
from apps.bookings.mails import send_confirmation
from apps.bookings.models import BookedNight, Booking
from apps.bookings.tests.factories import BookedNightFactory, BookingFactory, ListingFactory
from apps.core.mail import MailUnavailable
from apps.users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2030, 1, 1, 12, tzinfo=ZoneInfo("UTC"))
FIRST = date(2030, 1, 10)
STATUSES = Booking.Status.values


def book(**changes: Any) -> Booking:
    stay: dict[str, Any] = {
        "check_in": FIRST,
        "check_out": FIRST + timedelta(days=3),
        "guests": 2,
        "now": NOW,
        **changes,
    }
    stay.setdefault("listing", None)
    stay["listing"] = stay["listing"] or ListingFactory.create()
    stay.setdefault("guest", None)
    stay["guest"] = stay["guest"] or UserFactory.create()
    return services.book(**stay)


def test_booking_holds_its_nights_and_leaves_the_day_of_departure_free() -> None:
    booking = book()

    assert list(booking.nights.order_by("night").values_list("night", "listing")) == [
        (date(2030, 1, 10), booking.listing_id),
        (date(2030, 1, 11), booking.listing_id),
        (date(2030, 1, 12), booking.listing_id),
    ]


def test_booking_is_pending_and_costs_the_price_times_the_nights() -> None:
    listing = ListingFactory.create(price_per_night=Decimal("33.33"), currency="KES")

    booking = book(listing=listing)

    booking.refresh_from_db()
    assert (booking.status, booking.total_price, booking.currency) == ("pending", Decimal("99.99"), "KES")


def test_booking_keeps_its_price_when_the_listing_gets_dearer() -> None:
    booking = book()

    services.update_listing(listing=booking.listing, price_per_night=Decimal("80.00"), currency="EUR")

    booking.refresh_from_db()
    assert (booking.total_price, booking.currency) == (Decimal("150.00"), "USD")


@pytest.mark.parametrize(("start", "nights"), [(-2, 3), (2, 1), (1, 1), (0, 3), (-1, 5)])
def test_stay_that_shares_a_night_is_refused_and_leaves_nothing(start: int, nights: int) -> None:
    booking = book()
    check_in = FIRST + timedelta(days=start)

    with pytest.raises(NightsTaken):
        book(listing=booking.listing, check_in=check_in, check_out=check_in + timedelta(days=nights))

    assert list(Booking.objects.all()) == [booking]
    assert BookedNight.objects.count() == 3


@pytest.mark.parametrize(("start", "nights"), [(-2, 2), (3, 2)])
def test_stay_before_or_after_another_is_booked(start: int, nights: int) -> None:
    booking = book()
    check_in = FIRST + timedelta(days=start)

    book(listing=booking.listing, check_in=check_in, check_out=check_in + timedelta(days=nights))

    assert BookedNight.objects.count() == 5


def test_same_nights_of_another_listing_are_free() -> None:
    book()
    book()

    assert Booking.objects.count() == 2


def test_refusal_leaves_the_transaction_around_it_alive() -> None:
    booking = book()
    guest = UserFactory.create()

    with transaction.atomic():
        with pytest.raises(NightsTaken):
            book(listing=booking.listing)
        guest.name = "Still written"
        guest.save()

    guest.refresh_from_db()
    assert guest.name == "Still written"


def test_broken_rule_that_is_no_taken_night_is_not_called_one() -> None:
    listing = ListingFactory.create()
    listing.currency = "not a code"[:3]

    with pytest.raises(IntegrityError, match="booking_currency_is_a_code"):
        book(listing=listing)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"check_in": date(2029, 12, 31)},
            "The stay begins in the past: where the listing is, today is 2030-01-01.",
        ),
        ({"check_out": FIRST}, "The stay ends before its first night."),
        ({"check_out": date(2030, 1, 9)}, "The stay ends before its first night."),
        ({"check_out": FIRST + timedelta(days=91)}, "A stay has 90 nights at most."),
        ({"check_out": date.max}, "A stay has 90 nights at most."),
        ({"guests": 5}, "The number of guests is between 1 and 4."),
        ({"guests": 0}, "The number of guests is between 1 and 4."),
    ],
)
def test_stay_that_breaks_a_rule_is_refused_with_the_reason(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(NotBookable) as refusal:
        book(**changes)

    assert refusal.value.detail == why


def test_longest_stay_at_the_highest_price_fits_its_column() -> None:
    listing = ListingFactory.create(price_per_night=Decimal("99999999.99"))

    booking = book(listing=listing, check_out=FIRST + timedelta(days=services.MAX_NIGHTS))

    booking.refresh_from_db()
    assert booking.total_price == Decimal("8999999999.10")


def test_draft_cannot_be_booked() -> None:
    with pytest.raises(NotBookable, match="not published"):
        book(listing=ListingFactory.create(is_published=False))


def test_owner_cannot_book_the_own_listing() -> None:
    listing = ListingFactory.create()

    with pytest.raises(NotBookable, match="Owners cannot book"):
        book(listing=listing, guest=listing.owner)


@pytest.mark.parametrize(
    ("time_zone", "today"),
    [("Pacific/Kiritimati", date(2030, 1, 2)), ("Pacific/Pago_Pago", date(2030, 1, 1))],
)
def test_today_is_the_day_where_the_listing_is(time_zone: str, today: date) -> None:
    listing = ListingFactory.create(time_zone=time_zone)

    with pytest.raises(NotBookable, match=f"today is {today}"):
        book(listing=listing, check_in=today - timedelta(days=1))
    assert book(listing=listing, check_in=today).check_in == today


def test_present_moment_is_asked_where_none_is_given() -> None:
    with pytest.raises(NotBookable, match="begins in the past"):
        book(now=None, check_in=date(2020, 1, 1), check_out=date(2020, 1, 2))


ALLOWED = {
    ("pending", "confirmed"),
    ("pending", "cancelled"),
    ("confirmed", "cancelled"),
    ("confirmed", "completed"),
}


def test_table_of_transitions_is_the_one_in_the_documents() -> None:
    allowed = {(str(old), str(new)) for old, news in services.TRANSITIONS.items() for new in news}

    assert allowed == ALLOWED
    assert set(services.TRANSITIONS) == set(Booking.Status)


@pytest.mark.parametrize(
    ("status", "step"),
    [
        (status, step)
        for status, step in product(STATUSES, ["confirm_booking", "cancel_booking"])
        if (status, {"confirm_booking": "confirmed", "cancel_booking": "cancelled"}[step]) not in ALLOWED
    ],
)
def test_step_that_the_status_does_not_allow_is_refused(status: str, step: str) -> None:
    booking = BookingFactory.create(status=status)

    with pytest.raises(BookingNotChangeable, match=f"The booking is {status}; it cannot become"):
        getattr(services, step)(booking=booking)

    booking.refresh_from_db()
    assert booking.status == status


def test_status_of_the_row_counts_and_not_that_of_the_object_at_hand() -> None:
    booking = BookingFactory.create()
    services.cancel_booking(booking=booking)
    assert booking.status == "pending"

    with pytest.raises(BookingNotChangeable):
        services.confirm_booking(booking=booking)


@pytest.mark.parametrize("status", ["pending", "confirmed"])
def test_cancelled_booking_gives_its_nights_back(status: str) -> None:
    night = BookedNightFactory.create(booking__status=status, booking__check_in=FIRST)

    cancelled = services.cancel_booking(booking=night.booking)

    assert (cancelled.status, BookedNight.objects.count()) == ("cancelled", 0)
    assert book(listing=cancelled.listing).nights.count() == 3


def test_confirmation_is_sent_after_the_commit(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    booking = BookingFactory.create()

    with django_capture_on_commit_callbacks() as callbacks:
        confirmed = services.confirm_booking(booking=booking)

    assert (confirmed.status, len(callbacks), mail.outbox) == ("confirmed", 1, [])


def test_guest_gets_one_confirmation_even_if_the_task_runs_twice() -> None:
    booking = BookingFactory.create(status="confirmed", listing__title="Sunny room")
    before = booking.updated_at

    tasks.send_confirmation(booking_id=booking.pk)
    tasks.send_confirmation(booking_id=booking.pk)

    [message] = mail.outbox
    assert message.to == [booking.guest.email]
    assert message.subject == "Your stay at Sunny room is confirmed"
    assert f"From {booking.check_in} to {booking.check_out}, 2 guests\n\n100.00 USD\n" in message.body
    assert message.extra_headers["Message-ID"].startswith(f"<booking-{booking.pk}-confirmed@")
    booking.refresh_from_db()
    assert booking.confirmation_sent_at
    assert booking.updated_at == before


def test_booking_cancelled_meanwhile_is_not_announced_as_confirmed() -> None:
    booking = BookingFactory.create(status="cancelled")

    tasks.send_confirmation(booking_id=booking.pk)

    assert mail.outbox == []


def test_confirmation_that_could_not_be_sent_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    booking = BookingFactory.create(status="confirmed")
    refusals = [MailUnavailable("refused"), MailUnavailable("refused")]

    def send(*, booking: Booking) -> None:
        if refusals:
            raise refusals.pop()
        send_confirmation(booking=booking)

    monkeypatch.setattr("apps.bookings.mails.send_confirmation", send)

    tasks.send_confirmation.apply(kwargs={"booking_id": booking.pk})

    assert len(mail.outbox) == 1


def test_stays_that_ended_before_today_are_completed_once() -> None:
    yesterday, today = date(2029, 12, 31), date(2030, 1, 1)
    past = BookingFactory.create(status="confirmed", check_in=date(2029, 12, 1), check_out=yesterday)
    leaving = BookingFactory.create(status="confirmed", check_in=date(2029, 12, 1), check_out=today)
    pending = BookingFactory.create(check_in=date(2029, 12, 1), check_out=yesterday)

    counts = [services.complete_past_bookings(now=NOW) for _ in range(2)]

    assert counts == [1, 0]
    assert [Booking.objects.get(pk=stay.pk).status for stay in (past, leaving, pending)] == [
        "completed",
        "confirmed",
        "pending",
    ]


def test_stay_ends_with_the_day_where_the_listing_is() -> None:
    # There it is already the second of January.
    early = BookingFactory.create(
        status="confirmed",
        listing__time_zone="Pacific/Kiritimati",
        check_in=date(2029, 12, 31),
        check_out=date(2030, 1, 1),
    )

    services.complete_past_bookings(now=NOW)

    early.refresh_from_db()
    assert early.status == "completed"


def test_many_past_stays_are_completed_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "COMPLETE_AT_ONCE", 2)
    BookingFactory.create_batch(5, status="confirmed", check_in=date(2020, 1, 1), check_out=date(2020, 1, 2))

    tasks.complete_past_bookings()

    assert set(Booking.objects.values_list("status", flat=True)) == {"completed"}
