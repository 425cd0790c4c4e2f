from django.contrib import admin
from django.http import HttpRequest

from apps.core.admin import CsvExportMixin
from apps.traffic.models import SuspiciousIP


@admin.register(SuspiciousIP)
class SuspiciousIPAdmin(CsvExportMixin, admin.ModelAdmin[SuspiciousIP]):
    """To read, and to delete: an address is personal data, and its owner may ask for that."""

    list_display = ("network", "reason", "requests", "window_start", "first_seen", "last_seen")
    list_filter = ("reason", "window_start")
    search_fields = ("address",)
    date_hierarchy = "window_start"
    csv_fields = ("address", "reason", "requests", "window_start", "first_seen", "last_seen")
    # Counting the whole table for "of 12,345" reads all of it.
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: SuspiciousIP | None = None) -> bool:
        return False

    @admin.display(description="IP address", ordering="address")
    def network(self, suspicious_ip: SuspiciousIP) -> str:
        return suspicious_ip.network
