"""What can be done to listings, bookings and reviews."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from tempfile import TemporaryFile
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from django.core.files.base import File
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max
from django.utils import timezone

from apps.background.outbox import enqueue_durably
from apps.bookings import images, mails, reports, selectors
from apps.bookings.errors import (
    BookingNotChangeable,
    NightsTaken,
    NotBookable,
    ReviewNotAllowed,
    TooManyPhotos,
)
from apps.bookings.models import (
    NIGHT_IS_BOOKED_ONCE,
    Amenity,
    BookedNight,
    Booking,
    Listing,
    Photo,
    Report,
    Review,
)
from apps.users.models import User

Status = Booking.Status

# As many nights as can be booked at once: the price of more might not fit its column either.
MAX_NIGHTS = 90
MAX_PHOTOS = 20
COMPLETE_AT_ONCE = 1000
# So long a booking that nobody has paid for, and so the owner has not confirmed, keeps others away.
UNPAID_FOR = timedelta(hours=24)
EXPIRE_AT_ONCE = 500
REPORTS_KEPT = timedelta(days=30)
# A report that is not written by then never will be: its tasks were tried again for minutes, not for hours.
REPORT_GIVEN_UP = timedelta(hours=24)
REPORT_FAILED = "The report could not be written. Ask for it again."

# What may become of a booking; nothing becomes of a cancelled or completed one.
TRANSITIONS = {
    Status.PENDING: {Status.CONFIRMED, Status.CANCELLED},
    Status.CONFIRMED: {Status.CANCELLED, Status.COMPLETED},
    Status.CANCELLED: set[Status](),
    Status.COMPLETED: set[Status](),
}

logger = structlog.get_logger(__name__)


@transaction.atomic
def create_listing(*, owner: User, amenities: Iterable[Amenity] = (), **fields: Any) -> Listing:
    """Create a listing; a draft, unless ``is_published`` says otherwise."""
    listing = Listing.objects.create(owner=owner, **fields)
    listing.amenities.set(amenities)
    return listing


@transaction.atomic
def update_listing(*, listing: Listing, amenities: Iterable[Amenity] | None = None, **fields: Any) -> Listing:
    """Change the given fields, and replace the amenities where they are given."""
    for name, value in fields.items():
        setattr(listing, name, value)
    listing.save(update_fields=[*fields, "updated_at"])
    if amenities is not None:
        listing.amenities.set(amenities)
    return listing


def book(
    *,
    listing: Listing,
    guest: User,
    check_in: date,
    check_out: date,
    guests: int,
    now: datetime | None = None,
) -> Booking:
    """Book the nights from ``check_in`` until the day of ``check_out``, all of them or none.

    Nobody asks first whether they are free: the answer could be old when the rows are written. The
    unique constraint on nights decides, so of any number of requests for a night exactly one succeeds.

    Args:
        now: The present moment; the stay may not begin before today, where the listing is.

    Raises:
        NotBookable: The listing, the dates or the guest do not allow it.
        NightsTaken: Another booking holds one of the nights.
    """
    booking = Booking(
        listing=listing,
        guest=guest,
        check_in=check_in,
        check_out=check_out,
        guests=guests,
        total_price=listing.price_per_night * (check_out - check_in).days,
        currency=listing.currency,
    )
    refuse_unbookable(booking, now=now or timezone.now())
    nights = nights_between(check_in, check_out)
    try:
        # A savepoint where a transaction is open already: that one can go on after the refusal.
        with transaction.atomic():
            take_turns(listing)
            booking.save(force_insert=True)
            # Everybody writes the earliest night first. Whoever meets another booking waits for it while
            # holding earlier nights only, so no two wait for each other: there is no deadlock.
            BookedNight.objects.bulk_create(
                BookedNight(booking=booking, listing=listing, night=night) for night in nights
            )
    except IntegrityError as error:
        # By name, which PostgreSQL and MySQL both tell. Looking for the other booking might find none: it
        # may have been cancelled meanwhile.
        if NIGHT_IS_BOOKED_ONCE in str(error):
            raise NightsTaken from error
        raise
    return booking


def take_turns(listing: Listing) -> None:
    """On MySQL, wait for whoever else is booking this listing.

    There, who was refused a night keeps a shared lock on its row until the end, and so do others. When the
    night is given back, each of them would wait for the others to let go: a deadlock.
    """
    if connection.vendor == "mysql":
        Listing.objects.select_for_update().get(pk=listing.pk)


def refuse_unbookable(booking: Booking, *, now: datetime) -> None:
    """Apply the rules that need no look at other bookings.

    Raises:
        NotBookable: One of them is broken; the detail says which.
    """
    listing = booking.listing
    today = now.astimezone(ZoneInfo(listing.time_zone)).date()
    if not listing.is_published:
        raise NotBookable("The listing is not published.")
    if booking.guest_id == listing.owner_id:
        raise NotBookable("Owners cannot book their own listing.")
    if booking.check_in < today:
        raise NotBookable(f"The stay begins in the past: where the listing is, today is {today}.")
    if booking.check_out <= booking.check_in:
        raise NotBookable("The stay ends before its first night.")
    if (booking.check_out - booking.check_in).days > MAX_NIGHTS:
        raise NotBookable(f"A stay has {MAX_NIGHTS} nights at most.")
    if not 1 <= booking.guests <= listing.max_guests:
        raise NotBookable(f"The number of guests is between 1 and {listing.max_guests}.")


def nights_between(check_in: date, check_out: date) -> list[date]:
    """The nights of a stay, the earliest first; the day of ``check_out`` is free again."""
    return [check_in + timedelta(days=number) for number in range((check_out - check_in).days)]


@transaction.atomic
def confirm_booking(*, booking: Booking) -> Booking:
    """Let the owner accept a booking; the guest gets an e-mail once that is committed.

    Raises:
        BookingNotChangeable: It is not pending.
    """
    booking = _move(booking, Status.CONFIRMED)
    # What was confirmed has to be told, also when the broker is away just now.
    enqueue_durably("bookings.send_confirmation", booking_id=booking.pk)
    return booking


@transaction.atomic
def cancel_booking(*, booking: Booking) -> Booking:
    """Give the nights back. The booking stays, for the record.

    Raises:
        BookingNotChangeable: It is cancelled or completed already.
    """
    booking = _move(booking, Status.CANCELLED)
    booking.nights.all().delete()
    return booking


def complete_past_bookings(*, now: datetime) -> int:
    """Complete the confirmed stays that ended before today, where their listing is; return how many.

    Safe to run twice, and beside itself: what is completed is not confirmed any more.
    """
    zones = Listing.objects.filter(
        bookings__status=Status.CONFIRMED, bookings__check_out__lte=now.astimezone(UTC).date()
    ).values_list("time_zone", flat=True)
    return sum(
        _complete(time_zone, before=now.astimezone(ZoneInfo(time_zone)).date())
        for time_zone in sorted(set(zones.distinct()))
    )


def _complete(time_zone: str, *, before: date) -> int:
    """Complete one time zone's stays, some at a time: no lock is held for long."""
    # Not by a join: MariaDB would lock the listings, too.
    listings = Listing.objects.filter(time_zone=time_zone)
    past = Booking.objects.filter(
        status=Status.CONFIRMED, check_out__lt=before, listing__in=listings
    ).order_by("pk")
    completed = 0
    while True:
        with transaction.atomic():
            # In the order of their keys, so that two runs never wait for each other.
            locked = list(past.select_for_update().values_list("pk", flat=True)[:COMPLETE_AT_ONCE])
            Booking.objects.filter(pk__in=locked).update(status=Status.COMPLETED, updated_at=timezone.now())
        completed += len(locked)
        if len(locked) < COMPLETE_AT_ONCE:
            return completed


def expire_unpaid_bookings(*, now: datetime) -> int:
    """Cancel the bookings that have been pending for too long, and give their nights back; return how many.

    Safe to run twice, and beside itself: each booking is locked, and passed over by the others. Who is
    confirming one in this moment is not disturbed; when that comes to nothing, the next run finds it.
    """
    unpaid = selectors.unpaid_bookings(before=now - UNPAID_FOR)
    expired = 0
    while True:
        with transaction.atomic():
            locked = list(
                unpaid.select_for_update(skip_locked=True).values_list("pk", flat=True)[:EXPIRE_AT_ONCE]
            )
            BookedNight.objects.filter(booking__in=locked).delete()
            Booking.objects.filter(pk__in=locked).update(status=Status.CANCELLED, updated_at=timezone.now())
        expired += len(locked)
        if len(locked) < EXPIRE_AT_ONCE:
            return expired


def send_confirmation(*, booking_id: int, now: datetime) -> None:
    """Tell the guest that the booking is confirmed, once.

    The row stays locked meanwhile, so a second run waits, and sees that the e-mail is sent.

    Raises:
        Booking.DoesNotExist: The booking is gone.
        MailError: The mail server did not accept it; nothing is noted, so it can be tried again.
    """
    with transaction.atomic():
        booking = Booking.objects.select_for_update().get(pk=booking_id)
        if booking.status != Status.CONFIRMED or booking.confirmation_sent_at:
            return
        mails.send_confirmation(booking=booking)
        # Not save(): the guest's booking has not changed, so its updated_at stays.
        Booking.objects.filter(pk=booking.pk).update(confirmation_sent_at=now)


@transaction.atomic
def write_review(*, booking: Booking, author: User, rating: int, text: str = "") -> Review:
    """Write the review of a stay.

    Raises:
        ReviewNotAllowed: The author was not the guest, the stay is not completed, or it has a review.
    """
    if author.pk != booking.guest_id:
        raise ReviewNotAllowed("Only the guest may review a stay.")
    if booking.status != Status.COMPLETED:
        raise ReviewNotAllowed("Only a completed stay can be reviewed.")
    try:
        with transaction.atomic():
            return Review.objects.create(
                booking=booking, listing_id=booking.listing_id, author=author, rating=rating, text=text
            )
    except IntegrityError as error:
        if Review.objects.filter(booking=booking).exists():
            raise ReviewNotAllowed("This stay has been reviewed.") from error
        raise


@transaction.atomic
def request_report(*, owner: User, month: date) -> Report:
    """Ask for the report of a month; a task writes it, sooner or later in any case.

    Args:
        month: Its first day.
    """
    report = Report.objects.create(owner=owner, month=month)
    enqueue_durably("bookings.write_report", report_id=report.pk)
    return report


def write_report(*, report_id: int) -> None:
    """Write the file of a report, once.

    It takes long, so no lock is held meanwhile. Of two runs at once each writes a file of its own; the
    first to end makes its file the report, and the other one throws its away.

    The lines go to the disk and then to the storage: stores of objects take whole files only.
    """
    unfinished = Report.objects.filter(pk=report_id).exclude(status=Report.Status.DONE)
    report = unfinished.select_related("owner").first()
    # Deleted meanwhile, or done.
    if report is None:
        return
    unfinished.update(status=Report.Status.RUNNING, error="", finished_at=None)
    stays, storage = selectors.stays_of_month(report.owner, report.month), report.file.storage
    with TemporaryFile() as file:
        reports.write_stays(
            stays,
            file,
            tell_progress=lambda percent: unfinished.filter(progress__lt=percent).update(progress=percent),
        )
        file.seek(0)
        # Nobody can guess it, should the storage ever be opened by mistake.
        name = storage.save(f"reports/{uuid4()}.csv", File(file))
    is_first = unfinished.update(
        status=Report.Status.DONE, progress=100, file=name, error="", finished_at=timezone.now()
    )
    if is_first:
        logger.info("report_written", report=report_id)
    else:
        storage.delete(name)


def fail_report(*, report_id: int) -> None:
    """Tell the owner that a report has come to nothing; one that is done stays done."""
    Report.objects.filter(pk=report_id).exclude(status=Report.Status.DONE).update(
        status=Report.Status.FAILED, error=REPORT_FAILED, finished_at=timezone.now()
    )


def clear_old_reports(*, now: datetime) -> int:
    """Delete the reports of more than a month ago with their files; return how many.

    Those whose task has vanished, with the data of the broker for example, become failed ones.
    """
    given_up = Report.objects.filter(
        created_at__lt=now - REPORT_GIVEN_UP, status__in=[Report.Status.PENDING, Report.Status.RUNNING]
    )
    for report_id in given_up.values_list("pk", flat=True):
        fail_report(report_id=report_id)
    old = Report.objects.filter(created_at__lt=now - REPORTS_KEPT)
    # One by one: each has a file, which follows its row (see signals.py).
    return sum(report.delete()[0] for report in old.iterator())


@transaction.atomic
def add_photo(*, listing: Listing, image: File[bytes], caption: str = "") -> Photo:
    """Put a photo behind the others.

    Raises:
        TooManyPhotos: The listing has as many as it may have.
    """
    # Two uploads at once would both count the same photos.
    Listing.objects.select_for_update().get(pk=listing.pk)
    present = listing.photos.aggregate(count=Count("pk"), last=Max("position"))
    if present["count"] >= MAX_PHOTOS:
        raise TooManyPhotos(f"A listing has {MAX_PHOTOS} photos at most.")
    position = 0 if present["last"] is None else present["last"] + 1
    return Photo.objects.create(listing=listing, image=image, caption=caption, position=position)


def make_thumbnail(*, photo_id: int) -> None:
    """Make the small copy of a photo that lists show, once.

    The row stays locked meanwhile: a second run waits, and sees that there is nothing to do. A run that
    died may have left its file, without a row that names it; it is replaced.

    Raises:
        OSError: The storage cannot be read or written; nothing is noted, so it can be tried again.
    """
    with transaction.atomic():
        photo = Photo.objects.select_for_update().filter(pk=photo_id).first()
        # Deleted meanwhile, or done.
        if photo is None or photo.thumbnail.name == photo.name_of_thumbnail:
            return
        with photo.image.open() as image:
            try:
                content = images.thumbnail_of(image)
            except images.UnusableImage as error:
                # From the admin, which takes all that Pillow can read. Lists show the photo itself.
                logger.warning("no_thumbnail", photo=photo.pk, reason=str(error))
                return
        storage, former = photo.thumbnail.storage, photo.thumbnail.name
        storage.delete(photo.name_of_thumbnail)
        name = storage.save(photo.name_of_thumbnail, content)
        Photo.objects.filter(pk=photo.pk).update(thumbnail=name)
    if former:
        storage.delete(former)


def remove_photo(*, photo: Photo) -> None:
    """Delete a photo; its file follows (see ``signals.py``)."""
    photo.delete()


def _move(booking: Booking, status: Booking.Status) -> Booking:
    """Change the status, as the row says now and not as it said when ``booking`` was read.

    Raises:
        BookingNotChangeable: The present status does not allow it.
    """
    locked = Booking.objects.select_for_update().get(pk=booking.pk)
    if status not in TRANSITIONS[Status(locked.status)]:
        raise BookingNotChangeable(f"The booking is {locked.status}; it cannot become {status}.")
    locked.status = status
    locked.save(update_fields=["status", "updated_at"])
    return locked
