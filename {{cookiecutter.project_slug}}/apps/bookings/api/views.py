"""What views do, whatever a version makes of it."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework import mixins, permissions, status, viewsets
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from apps.bookings import selectors, services
from apps.bookings.api.filters import ListingFilter
from apps.bookings.api.pages import Newest
from apps.bookings.api.permissions import IsOwnerOrReadOnly
from apps.bookings.models import Listing
from apps.core.api.conditional import ConditionalView
from apps.core.api.throttling import CountedWrites
from apps.users.models import User

LOCATION = OpenApiParameter(
    "Location",
    {"type": "string", "format": "uri"},
    location=OpenApiParameter.HEADER,
    response=[202],
    description="Where to ask how far it is, every other second for example.",
)


class AcceptedCreate(mixins.CreateModelMixin):
    """Creates what is not there yet: 202 says so, and ``Location`` where to ask how far it is (RFC 9110)."""

    documented_parameters = {"create": [LOCATION]}

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().create(request, *args, **kwargs)
        response.status_code = status.HTTP_202_ACCEPTED
        return response


class CsvRenderer(JSONRenderer):
    """For views that hand out a CSV file by themselves; what else they answer, problems, is JSON."""

    media_type = "text/csv"
    format = "csv"


class ListingViews(
    CountedWrites,
    ConditionalView,
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    viewsets.GenericViewSet[Listing],
):
    """Places to stay. Anybody reads what is published; owners see and change their own, drafts too.

    None is deleted, for bookings point at them: it is taken back with ``is_published``.
    """

    # Only for the OpenAPI document, which is written when nobody asks.
    queryset = Listing.objects.none()
    permission_classes = [IsOwnerOrReadOnly]
    pagination_class = Newest
    filterset_class = ListingFilter
    search_fields = ["title", "description", "city"]
    ordering_fields = ["created_at", "price_per_night"]
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Listing]:
        if self.action == "list":
            return selectors.published_listings()
        if self.action == "mine":
            return selectors.listings_of(cast(User, self.request.user))
        return selectors.visible_listings(self.request.user)

    def etag_of(self, instance: Listing) -> str:
        # The answer shows more than the listing's own row.
        photos = [(photo.pk, photo.caption, photo.thumbnail.name) for photo in instance.photos.all()]
        amenities = [amenity.slug for amenity in instance.amenities.all()]
        return f"{super().etag_of(instance)} {instance.owner.name} {photos} {amenities}"

    @action(detail=False, permission_classes=[permissions.IsAuthenticated])
    def mine(self, request: Request, **kwargs: Any) -> Response:
        """The caller's own listings, drafts too."""
        return self.list(request, **kwargs)

    def perform_create(self, serializer: BaseSerializer[Listing]) -> None:
        serializer.instance = services.create_listing(
            owner=cast(User, self.request.user), **serializer.validated_data
        )

    def perform_update(self, serializer: BaseSerializer[Listing]) -> None:
        # A PATCH may come without anything.
        if serializer.validated_data:
            services.update_listing(listing=cast(Listing, serializer.instance), **serializer.validated_data)

    def get_success_headers(self, data: Any) -> dict[str, str]:
        return {"Location": self.reverse_action("detail", args=[data["id"]])}
