"""Fields of the serializers."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.files.base import ContentFile
from django.db.models import Manager, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from apps.bookings import selectors
from apps.bookings.images import UnusableImage, safe_copy
from apps.bookings.models import Amenity, Listing


class AmenitiesField(serializers.ListField):
    """Amenities by their slugs; one query looks all of them up."""

    default_error_messages = {"does_not_exist": "There is no amenity '{slug}'."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.SlugField(max_length=50), max_length=50, **kwargs)

    def to_internal_value(self, data: Any) -> list[Amenity]:
        slugs = super().to_internal_value(data)
        found = Amenity.objects.in_bulk(slugs, field_name="slug")
        message = self.error_messages["does_not_exist"]
        unknown: dict[Any, Any] = {
            index: [message.format(slug=slug)] for index, slug in enumerate(slugs) if slug not in found
        }
        if unknown:
            raise serializers.ValidationError(unknown, code="does_not_exist")
        return list(found.values())

    def to_representation(self, data: Manager[Amenity] | Iterable[Amenity]) -> list[str]:
        # all() and nothing more: anything else would ignore what the selector has fetched for the whole page.
        amenities = data.all() if isinstance(data, Manager) else data
        return sorted(amenity.slug for amenity in amenities)


class VisibleListingField(serializers.PrimaryKeyRelatedField[Listing]):
    """A listing by its id; one that the caller may not see does not exist."""

    def __init__(self, **kwargs: Any) -> None:
        # Without the style, the form of the browsable API would hold every listing.
        super().__init__(queryset=Listing.objects.none(), style={"base_template": "input.html"}, **kwargs)

    def get_queryset(self) -> QuerySet[Listing]:
        return selectors.visible_listings(self.context["request"].user)


@extend_schema_field({"type": "string", "pattern": r"^20[0-9]{2}-(0[1-9]|1[0-2])$", "example": "2026-10"})
class MonthField(serializers.RegexField):
    """A month as ISO 8601 writes it; in the database it is its first day."""

    default_error_messages = {"invalid": "Use a year and a month, for example 2026-10."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"\A20[0-9]{2}-(0[1-9]|1[0-2])\Z", **kwargs)

    def run_validation(self, data: Any = empty) -> date:
        return date.fromisoformat(f"{super().run_validation(data)}-01")

    def to_representation(self, value: Any) -> str:
        return f"{value:%Y-%m}"


class PhotoField(serializers.FileField):
    """A picture that somebody sends. What is kept is a copy that we made, never her file."""

    def to_internal_value(self, data: Any) -> ContentFile[bytes]:
        upload = super().to_internal_value(data)
        try:
            return safe_copy(upload)
        except UnusableImage as error:
            raise serializers.ValidationError(str(error), code=error.code) from error
