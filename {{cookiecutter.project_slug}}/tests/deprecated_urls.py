"""Two versions of one resource, the first of them on its way out, for the tests of deprecation."""

from datetime import date

from django.urls import include, path
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import CharField, Serializer
from rest_framework.views import APIView

from apps.core.api.deprecation import Deprecated


class ItemSerializer(Serializer[dict[str, str]]):
    name = CharField()


class Items(APIView):
    serializer_class = ItemSerializer
    # How people sign in is documented with addresses of the project, which are not among these.
    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, request: Request, pk: int = 1) -> Response:
        return Response({"name": str(pk)}, headers={"Link": '</next/>; rel="next"'} if pk == 2 else {})


class OldItems(Deprecated, Items):
    deprecated_since = date(2026, 11, 1)
    sunset = date(2027, 11, 1)
    successor = "v2:items"


old = [
    path("items/", OldItems.as_view(), name="items"),
    path("items/<int:pk>/", OldItems.as_view(), name="item"),
    path("gone/<int:pk>/", OldItems.as_view(), name="gone"),
    path("things/", Items.as_view(), name="things"),
]
new = [
    path("items/", Items.as_view(), name="items"),
    path("items/<int:pk>/", Items.as_view(), name="item"),
]

urlpatterns = [
    path("api/v1/", include((old, "v1"))),
    path("api/v2/", include((new, "v2"))),
]
