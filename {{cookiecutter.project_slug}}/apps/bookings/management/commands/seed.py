"""``manage.py seed``: invented listings and bookings, from ten to millions."""

from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from apps.bookings.demo import rows, words, writing
from apps.bookings.demo.rows import FIELDS, MOST_BOOKINGS_OF_A_LISTING, Plan
from apps.bookings.models import Amenity, Booking, Listing
from apps.users.models import User

PEOPLE_AT_ONCE = 5000


class Command(BaseCommand):
    help = (
        "Add invented people, listings, bookings and reviews to the database; nothing is changed or deleted. "
        "The same --seed makes the same rows, on the same day. Listings get no photos. "
        "Interrupted, it leaves whole listings with their bookings."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--listings", type=int, default=100, help="How many listings (default: 100).")
        parser.add_argument("--bookings", type=int, default=500, help="How many bookings (default: 500).")
        parser.add_argument("--seed", type=int, default=1, help="Another number, other rows (default: 1).")
        parser.add_argument("--password", help="Of all invented people; without it, none can sign in.")
        parser.add_argument("--force", action="store_true", help="Even where DEBUG is off, as in production.")

    def handle(
        self,
        *args: Any,
        listings: int,
        bookings: int,
        seed: int,
        password: str | None,
        force: bool,
        verbosity: int,
        **options: Any,
    ) -> None:
        refuse_unless_wanted(listings=listings, bookings=bookings, force=force)
        plan = self.plan(listings=listings, bookings=bookings, seed=seed)
        with progress_bar(hidden=verbosity == 0) as progress:
            try:
                write_people(plan, make_password(password), progress)
                write_listings(plan, progress)
            finally:
                writing.continue_keys(User, Listing, Booking)
        writing.gather_statistics()
        if verbosity:
            self.stdout.write(f"Added {listings:,} listings and {bookings:,} bookings.")

    def plan(self, *, listings: int, bookings: int, seed: int) -> Plan:
        """Plan rows behind those that are there."""
        Amenity.objects.bulk_create(
            (Amenity(slug=slug, name=name) for slug, name in words.AMENITIES), ignore_conflicts=True
        )
        plan = Plan(listings=listings, bookings=bookings, seed=seed, today=timezone.now().date())
        return replace(
            plan,
            first_user=writing.next_key(User),
            first_listing=writing.next_key(Listing),
            first_booking=writing.next_key(Booking),
            amenities=tuple(Amenity.objects.order_by("slug").values_list("pk", flat=True)),
        )


def refuse_unless_wanted(*, listings: int, bookings: int, force: bool) -> None:
    """Refuse what would do harm or cannot be done.

    Raises:
        CommandError: It names what to do instead.
    """
    if not settings.DEBUG and not force:
        raise CommandError("DEBUG is off, as in production. To add invented rows all the same: --force")
    if listings < 1 or bookings < 0:
        raise CommandError("Ask for one listing or more, and for no negative number of bookings.")
    if bookings > listings * MOST_BOOKINGS_OF_A_LISTING:
        most = listings * MOST_BOOKINGS_OF_A_LISTING
        raise CommandError(f"{listings:,} listings have room for {most:,} bookings. Ask for more listings.")


def progress_bar(*, hidden: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        disable=hidden,
    )


def write_people(plan: Plan, password: str, progress: Progress) -> None:
    """Write owners and guests, whose addresses count as verified."""
    bar = progress.add_task("people", total=len(plan.owners) + len(plan.guests))
    now = timezone.now()
    batch = []
    for pk, email, name in rows.people(plan):
        batch.append(User(pk=pk, email=email, name=name, password=password, email_verified_at=now))
        if len(batch) == PEOPLE_AT_ONCE:
            write_some_people(batch, progress, bar)
            batch = []
    write_some_people(batch, progress, bar)


def write_some_people(batch: list[User], progress: Progress, bar: TaskID) -> None:
    User.objects.bulk_create(batch)
    progress.advance(bar, len(batch))


def write_listings(plan: Plan, progress: Progress) -> None:
    """Write listings with all that belongs to them, each batch in a transaction of its own.

    In one transaction for all, the database would remember every row until the end, to look up its
    foreign keys then.
    """
    listings = progress.add_task("listings", total=plan.listings)
    bookings = progress.add_task("bookings", total=plan.bookings)
    for batch in rows.batches(plan):
        with transaction.atomic():
            for model, fields in FIELDS.items():
                writing.write_rows(model, fields, batch.rows[model])
        progress.advance(listings, len(batch.rows[Listing]))
        progress.advance(bookings, len(batch.rows[Booking]))
