from decimal import Decimal

from rest_framework import serializers

from apps.bookings.api.fields import AmenitiesField
from apps.bookings.api.serializers import (
    LISTING_FIELDS,
    READ_ONLY_LISTING_FIELDS,
    PersonSerializer,
    PhotoSerializer,
)
from apps.bookings.models import Listing


class ListingSerializer(serializers.ModelSerializer[Listing]):
    """A place to stay; its price is two fields."""

    owner = PersonSerializer(read_only=True)
    amenities = AmenitiesField(required=False)
    photos = PhotoSerializer(many=True, read_only=True)
    price_per_night = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=Decimal("0.01"))

    class Meta:
        model = Listing
        fields = (*LISTING_FIELDS, "price_per_night", "currency")
        read_only_fields = READ_ONLY_LISTING_FIELDS
