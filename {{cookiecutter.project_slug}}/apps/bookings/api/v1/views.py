from datetime import date
from typing import Any, cast

from django.db.models import QuerySet
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics, mixins, permissions, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from apps.bookings import selectors, services
from apps.bookings.api.filters import BookingFilter
from apps.bookings.api.pages import Newest
from apps.bookings.api.permissions import IsGuest, IsHost, IsOwnerOrReadOnly
from apps.bookings.api.serializers import (
    AmenitySerializer,
    BookingSerializer,
    PhotoSerializer,
    ReportSerializer,
    ReviewSerializer,
)
from apps.bookings.api.uploads import BoundedUpload
from apps.bookings.api.v1.serializers import ListingSerializer
from apps.bookings.api.views import AcceptedCreate, CsvRenderer, ListingViews
from apps.bookings.models import Amenity, Booking, Listing, Photo, Report, Review
from apps.core.api.conditional import ConditionalView
from apps.core.api.deprecation import Deprecated
from apps.core.api.idempotency import IdempotentCreate
from apps.core.api.throttling import CountedWrites
from apps.users.models import User


@extend_schema(tags=["listings"])
@extend_schema_view(mine=extend_schema(responses=ListingSerializer(many=True), filters=True))
class ListingViewSet(Deprecated, ListingViews):
    __doc__ = ListingViews.__doc__

    serializer_class = ListingSerializer
    deprecated_since = date(2026, 11, 1)
    sunset = date(2027, 11, 1)
    successor = "v2:listing-list"


class BelowListing(APIView):
    """A view of what belongs to one listing; it is not found where the listing is not."""

    listing: Listing

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        visible = selectors.visible_listings(request.user)
        self.listing = get_object_or_404(visible, pk=kwargs["listing_id"])
        # Before the body is looked at: decoding a picture is work that strangers should not cause.
        self.check_object_permissions(request, self.listing)


@extend_schema(tags=["listings"])
class ListingPhotosView(BelowListing, BoundedUpload, CountedWrites, generics.ListCreateAPIView[Photo]):
    """The photos of a listing, in their order; its owner adds more."""

    queryset = Photo.objects.none()
    serializer_class = PhotoSerializer
    permission_classes = [IsOwnerOrReadOnly]
    parser_classes = [MultiPartParser]
    documented_errors = {"POST": [409, 413]}

    def get_queryset(self) -> QuerySet[Photo]:
        return self.listing.photos.all()

    def perform_create(self, serializer: BaseSerializer[Photo]) -> None:
        serializer.instance = services.add_photo(listing=self.listing, **serializer.validated_data)

    def get_success_headers(self, data: Any) -> dict[str, str]:
        return {"Location": reverse("photo-detail", args=[data["id"]], request=self.request)}


@extend_schema(tags=["listings"])
class PhotoView(generics.RetrieveDestroyAPIView[Photo]):
    """One photo; the owner of its listing may delete it, and its file goes with it."""

    queryset = Photo.objects.none()
    serializer_class = PhotoSerializer
    permission_classes = [IsOwnerOrReadOnly]

    def get_queryset(self) -> QuerySet[Photo]:
        return selectors.visible_photos(self.request.user)

    def perform_destroy(self, instance: Photo) -> None:
        services.remove_photo(photo=instance)


@extend_schema(tags=["listings"])
class ListingReviewsView(BelowListing, generics.ListAPIView[Review]):
    """What guests say about a listing, the newest first."""

    queryset = Review.objects.none()
    serializer_class = ReviewSerializer
    permission_classes = [permissions.IsAuthenticatedOrReadOnly]
    pagination_class = Newest

    def get_queryset(self) -> QuerySet[Review]:
        return selectors.reviews_of(self.listing)


@extend_schema(tags=["listings"])
class AmenitiesView(generics.ListAPIView[Amenity]):
    """What a listing may offer. The admin keeps the list."""

    queryset = Amenity.objects.all()
    serializer_class = AmenitySerializer
    permission_classes = [permissions.IsAuthenticatedOrReadOnly]


@extend_schema(tags=["bookings"])
class BookingViewSet(
    CountedWrites,
    IdempotentCreate,
    ConditionalView,
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Booking],
):
    """The stays of the caller, as their guest or as the owner of the listing; others are not found."""

    queryset = Booking.objects.none()
    serializer_class = BookingSerializer
    pagination_class = Newest
    filterset_class = BookingFilter
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Booking]:
        return selectors.bookings_of(cast(User, self.request.user))

    def etag_of(self, instance: Booking) -> str:
        # The answer shows more than the booking's own row.
        return f"{super().etag_of(instance)} {instance.guest.name} {instance.listing.title}"

    def perform_create(self, serializer: BaseSerializer[Booking]) -> None:
        serializer.instance = services.book(guest=cast(User, self.request.user), **serializer.validated_data)

    def get_success_headers(self, data: Any) -> dict[str, str]:
        return {"Location": self.reverse_action("detail", args=[data["id"]])}

    @extend_schema(request=None, responses=BookingSerializer)
    @action(detail=True, methods=["post"], permission_classes=[permissions.IsAuthenticated, IsHost])
    def confirm(self, request: Request, **kwargs: Any) -> Response:
        """The owner of the listing accepts a pending booking."""
        booking = services.confirm_booking(booking=self.get_object())
        return Response(self.get_serializer(booking).data)

    @extend_schema(request=None, responses=BookingSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        """The guest or the owner of the listing gives the nights back."""
        booking = services.cancel_booking(booking=self.get_object())
        return Response(self.get_serializer(booking).data)

    @extend_schema(responses={201: ReviewSerializer})
    @action(
        detail=True,
        methods=["post"],
        serializer_class=ReviewSerializer,
        permission_classes=[permissions.IsAuthenticated, IsGuest],
    )
    def review(self, request: Request, **kwargs: Any) -> Response:
        """The guest says, once, how a completed stay was."""
        booking = self.get_object()
        serializer = ReviewSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        serializer.instance = services.write_review(
            booking=booking, author=cast(User, request.user), **serializer.validated_data
        )
        return Response(serializer.data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["reports"])
@extend_schema_view(
    create=extend_schema(
        responses={202: ReportSerializer},
        description="Ask for the report of a month. A task writes it; `Location` says where to ask after it.",
    )
)
class ReportViewSet(
    IdempotentCreate,
    AcceptedCreate,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Report],
):
    """The caller's reports: the stays of one month, as a CSV file. Others are not found.

    They are kept for 30 days.
    """

    queryset = Report.objects.none()
    serializer_class = ReportSerializer
    pagination_class = Newest
    lookup_value_converter = "int"
    throttle_scope: str | None = None

    def get_throttles(self) -> list[BaseThrottle]:
        self.throttle_scope = "reports" if self.request.method == "POST" else None
        return super().get_throttles()

    def get_queryset(self) -> QuerySet[Report]:
        return selectors.reports_of(cast(User, self.request.user))

    def perform_create(self, serializer: BaseSerializer[Report]) -> None:
        serializer.instance = services.request_report(
            owner=cast(User, self.request.user), **serializer.validated_data
        )

    def get_success_headers(self, data: Any) -> dict[str, str]:
        return {"Location": self.reverse_action("detail", args=[data["id"]])}

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    @action(detail=True, renderer_classes=[CsvRenderer])
    def file(self, request: Request, **kwargs: Any) -> FileResponse:
        """The file of a report that is done; only its owner reads it."""
        report = self.get_object()
        if not report.file:
            raise NotFound("The report is not written yet.")
        return FileResponse(
            report.file.open(),
            as_attachment=True,
            filename=f"report-{report}.csv",
            content_type="text/csv; charset=utf-8",
        )
