"""Fields of the serializers."""

from collections.abc import Iterable
from typing import Any

from django.core.files.base import ContentFile
from django.db.models import Manager, QuerySet
from rest_framework import serializers

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


class PhotoField(serializers.FileField):
    """A picture that somebody sends. What is kept is a copy that we made, never her file."""

    def to_internal_value(self, data: Any) -> ContentFile[bytes]:
        upload = super().to_internal_value(data)
        try:
            return safe_copy(upload)
        except UnusableImage as error:
            raise serializers.ValidationError(str(error), code=error.code) from error
