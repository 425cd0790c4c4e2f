from drf_spectacular.utils import extend_schema, extend_schema_view

from apps.bookings.api.v2.serializers import ListingSerializer
from apps.bookings.api.views import ListingViews


@extend_schema(tags=["listings"])
@extend_schema_view(mine=extend_schema(responses=ListingSerializer(many=True), filters=True))
class ListingViewSet(ListingViews):
    __doc__ = ListingViews.__doc__

    serializer_class = ListingSerializer
