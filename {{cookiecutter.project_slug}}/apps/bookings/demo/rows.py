"""The rows: tuples in the order of the fields named here, made one batch after the other.

The same plan makes the same rows. A listing's stays follow each other in slots of some days, so no
two of them share a night, and nothing has to be remembered about those made before.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.db.models import Model

from apps.bookings.demo import words
from apps.bookings.models import BookedNight, Booking, Listing, Review

Row = tuple[Any, ...]

LISTINGS_OF_AN_OWNER = 10
BOOKINGS_OF_A_GUEST = 20
# A stay of one to three nights begins and ends inside its slot.
SLOT_DAYS = 4
LONGEST_STAY = 3
# Ten years of slots: more would leave the calendar that people look at.
MOST_BOOKINGS_OF_A_LISTING = 900
BOOKINGS_AT_ONCE = 20_000
OPENED = timedelta(days=3 * 365)

FIELDS: dict[type[Model], tuple[str, ...]] = {
    Listing: (
        "id", "owner_id", "title", "description", "kind", "city", "country", "price_per_night", "currency",
        "max_guests", "time_zone", "is_published", "created_at", "updated_at",
    ),
    Listing.amenities.through: ("listing_id", "amenity_id"),
    Booking: (
        "id", "listing_id", "guest_id", "check_in", "check_out", "guests", "status", "total_price",
        "currency", "created_at", "updated_at",
    ),
    BookedNight: ("booking_id", "listing_id", "night"),
    Review: ("booking_id", "listing_id", "author_id", "rating", "text", "created_at"),
}  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """How many rows to make, and from which keys on.

    Attributes:
        first_user: The key of the first owner; the guests follow after the owners.
        amenities: The keys of the amenities to choose from.
    """

    listings: int
    bookings: int
    seed: int
    today: date
    first_user: int = 1
    first_listing: int = 1
    first_booking: int = 1
    amenities: tuple[int, ...] = ()

    @property
    def owners(self) -> range:
        return range(self.first_user, self.first_user + -(-self.listings // LISTINGS_OF_AN_OWNER))

    @property
    def guests(self) -> range:
        return range(self.owners.stop, self.owners.stop + -(-self.bookings // BOOKINGS_OF_A_GUEST))

    @property
    def slots(self) -> int:
        """As many stays as the busiest listing has."""
        return -(-self.bookings // self.listings) if self.listings else 0


@dataclass
class Batch:
    """Rows by their model, in the order in which they can be written."""

    rows: dict[type[Model], list[Row]] = field(default_factory=lambda: {model: [] for model in FIELDS})


def people(plan: Plan) -> Iterator[tuple[int, str, str]]:
    """The key, e-mail address and name of each owner and guest."""
    random = Random(plan.seed)  # noqa: S311 - invented people, no secrets
    for pk in (*plan.owners, *plan.guests):
        first, last = random.choice(words.FIRST_NAMES), random.choice(words.LAST_NAMES)
        yield pk, f"{first}.{last}.{pk}@example.com".lower(), f"{first} {last}"


def batches(plan: Plan) -> Iterator[Batch]:
    """Listings with all that belongs to them, some thousand rows at a time."""
    random = Random(plan.seed)  # noqa: S311 - invented rows, no secrets
    at_once = max(1, BOOKINGS_AT_ONCE // (plan.slots + 1))
    booking = plan.first_booking
    for start in range(0, plan.listings, at_once):
        batch = Batch()
        for number in range(start, min(start + at_once, plan.listings)):
            stays = plan.bookings // plan.listings + (number < plan.bookings % plan.listings)
            _add_listing(batch, plan, random, number)
            for slot in range(stays):
                _add_stay(batch, plan, random, slot, booking)
                booking += 1
        yield batch


def _add_listing(batch: Batch, plan: Plan, random: Random, number: int) -> None:
    pk = plan.first_listing + number
    place = random.choice(words.PLACES)
    kind = random.choice(Listing.Kind.values)
    price = Decimal(random.randint(place.cheapest, place.dearest)).quantize(Decimal("0.01"))
    # One after the other, until today: no two were opened at the same moment.
    opened = _moment(plan.today) - OPENED * (1 - number / plan.listings)
    batch.rows[Listing].append(
        (
            pk,
            plan.owners[number // LISTINGS_OF_AN_OWNER],
            f"{random.choice(words.ADJECTIVES)} {kind} {random.choice(words.SURROUNDINGS)}",
            " ".join(random.sample(words.SENTENCES, 3)),
            kind,
            place.city,
            place.country,
            price,
            place.currency,
            random.randint(1, 8),
            place.time_zone,
            random.random() < 0.95,
            opened,
            opened,
        )
    )
    some = random.sample(plan.amenities, min(random.randint(0, 4), len(plan.amenities)))
    batch.rows[Listing.amenities.through] += [(pk, amenity) for amenity in some]


def _add_stay(batch: Batch, plan: Plan, random: Random, slot: int, pk: int) -> None:
    """Add a stay at the listing that was added last, with its nights and perhaps a review."""
    listing = dict(zip(FIELDS[Listing], batch.rows[Listing][-1], strict=True))
    nights = random.randint(1, LONGEST_STAY)
    # Two of three slots are past.
    first_day = plan.today - timedelta(days=SLOT_DAYS * (plan.slots * 2 // 3))
    check_in = first_day + timedelta(days=slot * SLOT_DAYS + random.randint(0, SLOT_DAYS - nights))
    check_out = check_in + timedelta(days=nights)
    status = _status(random, is_past=check_out < plan.today, has_begun=check_in <= plan.today)
    guest = random.choice(plan.guests)
    made = min(_moment(check_in) - timedelta(seconds=random.randint(1, 60 * 86400)), _moment(plan.today))
    if status == Booking.Status.PENDING:
        # What is older has expired.
        made = _moment(plan.today)
    batch.rows[Booking].append(
        (
            pk,
            listing["id"],
            guest,
            check_in,
            check_out,
            random.randint(1, listing["max_guests"]),
            status,
            listing["price_per_night"] * nights,
            listing["currency"],
            made,
            made,
        )
    )
    if status != Booking.Status.CANCELLED:
        batch.rows[BookedNight] += [
            (pk, listing["id"], check_in + timedelta(days=night)) for night in range(nights)
        ]
    if status == Booking.Status.COMPLETED and random.random() < 0.25:
        rating, text = random.choice(words.REVIEWS)
        batch.rows[Review].append((pk, listing["id"], guest, rating, text, _moment(check_out)))


def _status(random: Random, *, is_past: bool, has_begun: bool) -> str:
    if random.random() < 0.1:
        return Booking.Status.CANCELLED.value
    if is_past:
        return Booking.Status.COMPLETED.value
    if has_begun:
        return Booking.Status.CONFIRMED.value
    return random.choice((Booking.Status.CONFIRMED.value, Booking.Status.PENDING.value))


def _moment(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
