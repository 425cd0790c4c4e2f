"""What lists can be asked for: the fields that are declared here, and no other."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django_filters import rest_framework as filters

from apps.bookings.models import BookedNight, Booking, Listing

# Each asks the database once more for every listing.
MAX_AMENITIES = 10


class SlugsFilter(filters.BaseInFilter, filters.CharFilter):  # type: ignore[misc]
    """Several slugs, separated by commas."""


class ListingFilterForm(forms.Form):
    """The rules that concern more than one parameter."""

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("available_from"), data.get("available_to")
        if first and not last and "available_to" not in self.errors:
            self.add_error("available_to", forms.ValidationError("Needed with available_from.", "required"))
        if last and not first and "available_from" not in self.errors:
            self.add_error("available_from", forms.ValidationError("Needed with available_to.", "required"))
        if first and last and last <= first:
            self.add_error(
                "available_to", forms.ValidationError("Has to be after available_from.", "not_after")
            )
        if len(data.get("amenities") or ()) > MAX_AMENITIES:
            self.add_error("amenities", forms.ValidationError(f"{MAX_AMENITIES} at most.", "max_length"))
        return data


class ListingFilter(filters.FilterSet):  # type: ignore[misc]
    city = filters.CharFilter(help_text="The name of the city, exactly.")
    country = filters.CharFilter(help_text="Two capital letters (ISO 3166), for example KE.")
    kind = filters.ChoiceFilter(choices=Listing.Kind.choices)
    price_min = filters.NumberFilter(
        field_name="price_per_night", lookup_expr="gte", min_value=0, max_digits=10, decimal_places=2
    )
    price_max = filters.NumberFilter(
        field_name="price_per_night", lookup_expr="lte", min_value=0, max_digits=10, decimal_places=2
    )
    guests = filters.NumberFilter(
        field_name="max_guests",
        lookup_expr="gte",
        min_value=1,
        max_digits=4,
        decimal_places=0,
        help_text="How many people have to find room.",
    )
    amenities = SlugsFilter(
        method="with_all_amenities", help_text="Slugs, separated by commas: only listings that have them all."
    )
    available_from = filters.DateFilter(
        method="checked_with_its_end", help_text="The first night; needs available_to."
    )
    available_to = filters.DateFilter(
        method="with_all_nights_free", help_text="The day of departure; needs available_from."
    )

    class Meta:
        model = Listing
        fields = ()
        form = ListingFilterForm

    def with_all_amenities(
        self, listings: QuerySet[Listing], name: str, slugs: list[str]
    ) -> QuerySet[Listing]:
        has_amenity = Listing.amenities.through.objects.filter(listing=OuterRef("pk"))
        for slug in slugs:
            # Not a join: each would multiply the rows, and DISTINCT would sort them all.
            listings = listings.filter(Exists(has_amenity.filter(amenity__slug=slug)))
        return listings

    def checked_with_its_end(self, listings: QuerySet[Listing], name: str, value: date) -> QuerySet[Listing]:
        return listings

    def with_all_nights_free(self, listings: QuerySet[Listing], name: str, value: date) -> QuerySet[Listing]:
        taken = BookedNight.objects.filter(
            listing=OuterRef("pk"), night__gte=self.form.cleaned_data["available_from"], night__lt=value
        )
        return listings.filter(~Exists(taken))


class BookingFilter(filters.FilterSet):  # type: ignore[misc]
    status = filters.ChoiceFilter(choices=Booking.Status.choices)
    listing = filters.NumberFilter(
        field_name="listing_id",
        min_value=1,
        max_digits=18,
        decimal_places=0,
        help_text="The id of a listing.",
    )

    class Meta:
        model = Booking
        fields = ()
