"""Who may change what.

What somebody may not even see is left out by the selectors, and so is not found (404); what she sees and may
not change is forbidden (403). Staff have no rights of their own here: their place of work is the admin.
"""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from apps.bookings.models import Booking, Listing, Photo


class IsOwnerOrReadOnly(BasePermission):
    """Anybody reads; signed-in people write, each below her own listings."""

    message = "Only the owner of the listing may do this."

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in SAFE_METHODS or request.user.is_authenticated

    def has_object_permission(self, request: Request, view: Any, obj: Listing | Photo) -> bool:
        listing = obj.listing if isinstance(obj, Photo) else obj
        return request.method in SAFE_METHODS or listing.owner_id == request.user.pk


class IsHost(BasePermission):
    """The owner of the booked listing."""

    message = "Only the owner of the listing may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Booking) -> bool:
        return obj.listing.owner_id == request.user.pk


class IsGuest(BasePermission):
    """Whoever made the booking."""

    message = "Only the guest of the booking may do this."

    def has_object_permission(self, request: Request, view: Any, obj: Booking) -> bool:
        return obj.guest_id == request.user.pk
