"""What is let, who has booked it, and what the database promises about it.

Rules that must hold are constraints here: they also bind the admin, scripts and SQL by hand. They
are written so that PostgreSQL and MySQL keep them alike.
"""

import zoneinfo
from decimal import Decimal
from pathlib import PurePosixPath

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import Storage, storages
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone

COUNTRY = r"^[A-Z]{2}$"
CURRENCY = r"^[A-Z]{3}$"
NIGHT_IS_BOOKED_ONCE = "night_is_booked_once"

validate_country = RegexValidator(COUNTRY, "Use two capital letters of ISO 3166, for example KE.")
validate_currency = RegexValidator(CURRENCY, "Use three capital letters of ISO 4217, for example KES.")


def validate_time_zone(name: str) -> None:
    """Refuse what is no time zone of the IANA database, such as "GMT+25" or a path."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(
            "Use a name of the IANA database, for example Africa/Nairobi.", code="time_zone"
        )


def private_storage() -> Storage:
    """Where files are kept that no address leads to."""
    return storages["private"]


class Amenity(models.Model):
    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=80)

    class Meta:
        ordering = ["name", "id"]
        verbose_name_plural = "amenities"

    def __str__(self) -> str:
        return self.name


class Listing(models.Model):
    """A place that its owner lets by the night."""

    class Kind(models.TextChoices):
        APARTMENT = "apartment"
        HOUSE = "house"
        ROOM = "room"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="listings",
        # The index listing_of_owner begins with it.
        db_index=False,
    )
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=20, choices=Kind)
    city = models.CharField(max_length=80)
    country = models.CharField(
        max_length=2, validators=[validate_country], help_text="ISO 3166, for example KE."
    )
    price_per_night = models.DecimalField(
        max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal("0.01"))]
    )
    currency = models.CharField(
        max_length=3, validators=[validate_currency], help_text="ISO 4217, for example KES."
    )
    max_guests = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    time_zone = models.CharField(
        max_length=64,
        validators=[validate_time_zone],
        help_text="Where the place is, for example Africa/Nairobi: its days begin and end there.",
    )
    is_published = models.BooleanField(default=False, help_text="Everybody sees it and may book it.")
    amenities = models.ManyToManyField(Amenity, blank=True, related_name="listings")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price_per_night__gt=0), name="listing_price_is_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(currency__regex=CURRENCY), name="listing_currency_is_a_code"
            ),
            models.CheckConstraint(
                condition=models.Q(country__regex=COUNTRY), name="listing_country_is_a_code"
            ),
            models.CheckConstraint(condition=models.Q(max_guests__gte=1), name="listing_takes_a_guest"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["apartment", "house", "room"]), name="listing_kind_is_known"
            ),
            models.CheckConstraint(condition=~models.Q(title=""), name="listing_has_a_title"),
            models.CheckConstraint(condition=~models.Q(city=""), name="listing_has_a_city"),
        ]
        indexes = [
            # The page of all published listings, newest first: read in this order, from any cursor on.
            models.Index(fields=["is_published", "created_at", "id"], name="listing_published"),
            # The same page of one city. An exact city: "iexact" compares UPPER(city) and would read all.
            models.Index(
                fields=["is_published", "city", "created_at", "id"], name="listing_published_in_city"
            ),
            # Published listings from cheap to dear, or between two prices.
            models.Index(fields=["is_published", "price_per_night", "id"], name="listing_published_by_price"),
            # An owner's own listings, drafts too, newest first.
            models.Index(fields=["owner", "created_at", "id"], name="listing_of_owner"),
        ]

    def __str__(self) -> str:
        return self.title


class Photo(models.Model):
    listing = models.ForeignKey(
        Listing,
        on_delete=models.CASCADE,
        related_name="photos",
        # The index photo_in_order begins with it.
        db_index=False,
    )
    image = models.ImageField(upload_to="listings/")
    # Null: a process of the last release may still insert rows without it while this one is rolled out.
    thumbnail = models.ImageField(
        max_length=200, null=True, editable=False, help_text="Made by a task, some seconds after the upload."
    )
    caption = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Small numbers come first.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "id"]
        # The photos of a listing in their order.
        indexes = [models.Index(fields=["listing", "position", "id"], name="photo_in_order")]

    def __str__(self) -> str:
        return self.caption or str(self.image)

    @property
    def name_of_thumbnail(self) -> str:
        """Where the thumbnail of the present image belongs: each run of the task writes the same file."""
        return f"thumbnails/{self.pk}-{PurePosixPath(str(self.image)).stem}.webp"


class Booking(models.Model):
    """A stay of a guest: the nights from ``check_in`` until the day of ``check_out``.

    Price and currency are copies: what was agreed stays, whatever the listing costs later.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        CONFIRMED = "confirmed"
        CANCELLED = "cancelled"
        COMPLETED = "completed"

    listing = models.ForeignKey(
        Listing,
        on_delete=models.PROTECT,
        related_name="bookings",
        # The index booking_of_listing begins with it.
        db_index=False,
    )
    guest = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="bookings",
        # The index booking_of_guest begins with it.
        db_index=False,
    )
    check_in = models.DateField()
    check_out = models.DateField()
    guests = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    total_price = models.DecimalField(max_digits=12, decimal_places=2)
    currency = models.CharField(max_length=3, validators=[validate_currency])
    confirmation_sent_at = models.DateTimeField(
        null=True, editable=False, help_text="A task that runs twice sends one e-mail."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(check_out__gt=models.F("check_in")), name="booking_ends_after_it_begins"
            ),
            models.CheckConstraint(condition=models.Q(guests__gte=1), name="booking_has_a_guest"),
            models.CheckConstraint(condition=models.Q(total_price__gt=0), name="booking_price_is_positive"),
            models.CheckConstraint(
                condition=models.Q(currency__regex=CURRENCY), name="booking_currency_is_a_code"
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "confirmed", "cancelled", "completed"]),
                name="booking_status_is_known",
            ),
        ]
        indexes = [
            # A guest's stays, and the guest's half of "all bookings that concern me".
            models.Index(fields=["guest", "check_in"], name="booking_of_guest"),
            # A listing's calendar, and the owner's half.
            models.Index(fields=["listing", "check_in"], name="booking_of_listing"),
            # The daily task looks for confirmed stays that are over: few rows among all there ever were.
            models.Index(fields=["status", "check_out"], name="booking_to_complete"),
            # The hourly task looks for pending ones that nobody has paid for, the oldest first.
            models.Index(fields=["status", "created_at", "id"], name="booking_to_expire"),
            # The admin's pages by day of arrival.
            models.Index(fields=["check_in"], name="booking_by_arrival"),
        ]

    def __str__(self) -> str:
        return f"{self.check_in} to {self.check_out}"


class BookedNight(models.Model):
    """A night that a booking holds. That there is one row a night makes double booking impossible.

    Only services write rows: the listing is the booking's, and a cancelled booking holds none.
    """

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="nights")
    listing = models.ForeignKey(
        Listing,
        on_delete=models.CASCADE,
        related_name="booked_nights",
        # The unique constraint begins with it.
        db_index=False,
    )
    night = models.DateField()

    class Meta:
        constraints = [
            # Two bookings of one night cannot both be committed, however they are written. An exclusion
            # constraint on ranges could say the same with fewer rows, but only in PostgreSQL.
            models.UniqueConstraint(fields=["listing", "night"], name=NIGHT_IS_BOOKED_ONCE)
        ]

    def __str__(self) -> str:
        return str(self.night)


class Review(models.Model):
    """What a guest says about a completed stay, once."""

    booking = models.OneToOneField(Booking, on_delete=models.CASCADE, related_name="review")
    listing = models.ForeignKey(
        Listing,
        on_delete=models.CASCADE,
        related_name="reviews",
        # The index review_of_listing begins with it.
        db_index=False,
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reviews")
    rating = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(5)])
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(rating__range=(1, 5)), name="review_rating_is_1_to_5")
        ]
        # The reviews of a listing, newest first.
        indexes = [models.Index(fields=["listing", "created_at", "id"], name="review_of_listing")]

    def __str__(self) -> str:
        return f"{self.rating} of 5"


class Report(models.Model):
    """An owner's stays of one month as a CSV file, which a task writes."""

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="reports",
        # The index report_of_owner begins with it.
        db_index=False,
    )
    month = models.DateField(help_text="Its first day. The report has the stays that begin in it.")
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    progress = models.PositiveSmallIntegerField(default=0, help_text="In percent; it never goes back.")
    file = models.FileField(storage=private_storage, max_length=200, blank=True)
    error = models.CharField(max_length=200, blank=True, help_text="For the owner: why there is no file.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "running", "done", "failed"]),
                name="report_status_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(progress__lte=100), name="report_progress_is_in_percent"
            ),
            models.CheckConstraint(condition=models.Q(month__day=1), name="report_month_is_a_first_day"),
            models.CheckConstraint(
                condition=~models.Q(status="done") | ~models.Q(file=""), name="report_is_done_with_its_file"
            ),
        ]
        indexes = [
            # An owner's reports, newest first.
            models.Index(fields=["owner", "created_at", "id"], name="report_of_owner"),
            # The daily task looks for old ones.
            models.Index(fields=["created_at"], name="report_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
