from drf_spectacular.utils import extend_schema

from apps.bookings.api.v2.serializers import ListingSerializer
from apps.bookings.api.views import ListingViews


@extend_schema(tags=["listings"])
class ListingViewSet(ListingViews):
    __doc__ = ListingViews.__doc__

    serializer_class = ListingSerializer
