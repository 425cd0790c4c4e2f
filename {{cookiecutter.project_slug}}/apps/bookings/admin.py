"""Listings and bookings, for those who look after them.

What services decide is shown here and changed by actions that call them: a status set by hand
would keep or free no nights.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from apps.bookings import services
from apps.bookings.models import Amenity, Booking, Listing, Photo, Report, Review
from apps.core.admin import CsvExportMixin
from apps.core.errors import DomainError


@admin.register(Amenity)
class AmenityAdmin(admin.ModelAdmin[Amenity]):
    list_display = ("name", "slug")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}


class PhotoInline(admin.TabularInline[Photo, Listing]):
    model = Photo
    fields = ("image", "caption", "position")
    extra = 0


@admin.register(Listing)
class ListingAdmin(CsvExportMixin, admin.ModelAdmin[Listing]):
    list_display = ("title", "owner", "city", "country", "price_per_night", "currency", "is_published")
    list_filter = ("is_published", "kind", "created_at")
    list_select_related = ("owner",)
    search_fields = ("title", "city", "owner__email")
    autocomplete_fields = ("owner", "amenities")
    readonly_fields = ("created_at", "updated_at")
    inlines = (PhotoInline,)
    # Newest first, by an index that is there anyway.
    ordering = ("-pk",)
    # Counting a large table takes longer than showing a page of it.
    show_full_result_count = False
    actions = ("publish", "unpublish", "export_as_csv")
    csv_fields = (
        "id",
        "title",
        "owner__email",
        "kind",
        "city",
        "country",
        "price_per_night",
        "currency",
        "max_guests",
        "is_published",
        "created_at",
    )

    @admin.action(description="Publish the chosen listings", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        self._set_published(request, queryset, value=True)

    @admin.action(description="Take the chosen listings off the site", permissions=["change"])
    def unpublish(self, request: HttpRequest, queryset: QuerySet[Listing]) -> None:
        self._set_published(request, queryset, value=False)

    def _set_published(self, request: HttpRequest, queryset: QuerySet[Listing], *, value: bool) -> None:
        for listing in queryset.exclude(is_published=value):
            services.update_listing(listing=listing, is_published=value)
        self.message_user(request, "Done.", messages.SUCCESS)


class _DecidedElsewhere(admin.ModelAdmin[Any]):
    """Rows that people look at and delete, and that only services write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [field.name for field in self.opts.fields]


@admin.register(Booking)
class BookingAdmin(CsvExportMixin, _DecidedElsewhere):
    list_display = ("__str__", "listing", "guest", "guests", "status", "total_price", "currency")
    list_filter = ("status", "check_in")
    list_select_related = ("listing", "guest")
    search_fields = ("listing__title", "guest__email")
    date_hierarchy = "check_in"
    ordering = ("-pk",)
    show_full_result_count = False
    actions = ("confirm", "cancel", "export_as_csv")
    csv_fields = (
        "id",
        "listing_id",
        "listing__title",
        "guest__email",
        "check_in",
        "check_out",
        "guests",
        "status",
        "total_price",
        "currency",
        "created_at",
    )

    @admin.action(description="Confirm the chosen bookings", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Booking]) -> None:
        self._change_each(request, queryset, lambda booking: services.confirm_booking(booking=booking))

    @admin.action(description="Cancel the chosen bookings", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Booking]) -> None:
        self._change_each(request, queryset, lambda booking: services.cancel_booking(booking=booking))

    def _change_each(
        self, request: HttpRequest, queryset: QuerySet[Booking], change: Callable[[Booking], Booking]
    ) -> None:
        """Change what can be changed, and name the others."""
        changed = 0
        for booking in queryset:
            try:
                change(booking)
                changed += 1
            except DomainError as refusal:
                self.message_user(request, f"{booking}: {refusal.detail}", messages.WARNING)
        self.message_user(request, f"Changed: {changed}.", messages.SUCCESS)


@admin.register(Review)
class ReviewAdmin(CsvExportMixin, _DecidedElsewhere):
    list_display = ("listing", "author", "rating", "created_at")
    list_filter = ("rating", "created_at")
    list_select_related = ("listing", "author")
    search_fields = ("listing__title", "author__email", "text")
    ordering = ("-pk",)
    show_full_result_count = False
    csv_fields = ("id", "listing_id", "listing__title", "author__email", "rating", "text", "created_at")


@admin.register(Report)
class ReportAdmin(_DecidedElsewhere):
    list_display = ("__str__", "owner", "status", "progress", "created_at", "finished_at")
    list_filter = ("status", "month")
    list_select_related = ("owner",)
    search_fields = ("owner__email",)
    # Not the file: it is its owner's, and has no address here.
    fields = ("owner", "month", "status", "progress", "error", "created_at", "finished_at")
    ordering = ("-pk",)
    show_full_result_count = False
