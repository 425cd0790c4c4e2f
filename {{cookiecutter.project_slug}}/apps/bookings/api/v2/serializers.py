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


class PriceSerializer(serializers.ModelSerializer[Listing]):
    """An amount means nothing without its currency."""

    amount = serializers.DecimalField(
        source="price_per_night", max_digits=10, decimal_places=2, min_value=Decimal("0.01")
    )

    class Meta:
        model = Listing
        fields = ("amount", "currency")


class ListingSerializer(serializers.ModelSerializer[Listing]):
    """A place to stay; its price is an amount with its currency."""

    owner = PersonSerializer(read_only=True)
    amenities = AmenitiesField(required=False)
    photos = PhotoSerializer(many=True, read_only=True)
    # Of the listing itself: what comes in ends up in the two columns, as it does in version 1.
    price_per_night = PriceSerializer(source="*")

    class Meta:
        model = Listing
        fields = (*LISTING_FIELDS, "price_per_night")
        read_only_fields = READ_ONLY_LISTING_FIELDS
