"""What looks the same in every version."""

from datetime import date
from typing import TypedDict

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.reverse import reverse

from apps.bookings.api.fields import MonthField, PhotoField, VisibleListingField
from apps.bookings.models import Amenity, Booking, Photo, Report, Review
from apps.users.models import User

# The fields of a listing that no version shows in its own way.
LISTING_FIELDS = (
    "id",
    "owner",
    "title",
    "description",
    "kind",
    "city",
    "country",
    "max_guests",
    "time_zone",
    "is_published",
    "amenities",
    "photos",
    "created_at",
    "updated_at",
)
READ_ONLY_LISTING_FIELDS = ("id", "created_at", "updated_at")


class Stay(TypedDict):
    """A validated booking request; of a PATCH there is none."""

    check_in: date
    check_out: date


class PersonSerializer(serializers.ModelSerializer[User]):
    """What everybody may know of somebody: no e-mail address."""

    class Meta:
        model = User
        fields = ("id", "name")
        read_only_fields = fields


class AmenitySerializer(serializers.ModelSerializer[Amenity]):
    class Meta:
        model = Amenity
        fields = ("slug", "name")
        read_only_fields = fields


class PhotoSerializer(serializers.ModelSerializer[Photo]):
    image = PhotoField(help_text="JPEG, PNG or WebP; up to 5 MiB and 40 million pixels.")

    class Meta:
        model = Photo
        fields = ("id", "image", "thumbnail", "caption", "created_at")
        read_only_fields = ("id", "thumbnail", "created_at")


class BookingSerializer(serializers.ModelSerializer[Booking]):
    """A stay. Prices and status are decided here, not by whoever asks."""

    listing = VisibleListingField()
    listing_title = serializers.CharField(source="listing.title", read_only=True)
    guest = PersonSerializer(read_only=True)

    class Meta:
        model = Booking
        fields = (
            "id",
            "listing",
            "listing_title",
            "guest",
            "check_in",
            "check_out",
            "guests",
            "status",
            "total_price",
            "currency",
            "created_at",
            "updated_at",
        )
        read_only_fields = ("id", "status", "total_price", "currency", "created_at", "updated_at")

    def validate(self, attrs: Stay) -> Stay:
        if attrs["check_out"] <= attrs["check_in"]:
            raise serializers.ValidationError(
                {"check_out": ErrorDetail("The stay has to end after it begins.", code="not_after")}
            )
        return attrs


class ReviewSerializer(serializers.ModelSerializer[Review]):
    author = PersonSerializer(read_only=True)

    class Meta:
        model = Review
        fields = ("id", "booking", "author", "rating", "text", "created_at")
        read_only_fields = ("id", "booking", "created_at")


class ReportSerializer(serializers.ModelSerializer[Report]):
    """How far a report is. Ask again until it is done, or failed."""

    month = MonthField(help_text="The report has the stays that begin in it.")
    file = serializers.SerializerMethodField(help_text="Where to read it, once it is done.")
    error = serializers.SerializerMethodField(help_text="Why there is no file, where it has failed.")

    class Meta:
        model = Report
        fields = ("id", "month", "status", "progress", "file", "error", "created_at", "finished_at")
        read_only_fields = ("id", "status", "progress", "created_at", "finished_at")

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_file(self, report: Report) -> str | None:
        if not report.file:
            return None
        return reverse("report-file", args=[report.pk], request=self.context["request"])

    def get_error(self, report: Report) -> str | None:
        return report.error or None
