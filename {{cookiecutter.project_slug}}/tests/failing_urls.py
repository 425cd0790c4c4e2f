"""Addresses below ``/api/`` that fail in every way there is, for the tests of the error format."""

import errno
from typing import Any

from django.core import exceptions as django_exceptions
from django.db import IntegrityError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, serializers
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.api.problems import ParameterError
from apps.core.errors import DomainError
from apps.users.models import User
from config import urls

# What no client may read.
SECRET = "hush"


class OutOfTea(DomainError):
    """The pot is empty."""

    code = "out_of_tea"
    title = "There is no tea left."
    mend = "Put the kettle on."


FAILURES: dict[str, Exception] = {
    "domain": OutOfTea(),
    "domain-detail": OutOfTea("No tea before noon."),
    "http404": Http404(SECRET),
    "denied": django_exceptions.PermissionDenied(SECRET),
    "django-validation": django_exceptions.ValidationError(
        {"name": django_exceptions.ValidationError("Too short.", code="short"), "__all__": "No good."}
    ),
    "bad": django_exceptions.BadRequest(SECRET),
    "suspicious": django_exceptions.SuspiciousOperation(SECRET),
    "too-big": django_exceptions.RequestDataTooBig(SECRET),
    "disk": OSError(errno.ENOSPC, SECRET),
    "quota": OSError(errno.EDQUOT, SECRET),
    "protected": ProtectedError(SECRET, set()),
    "throttled": exceptions.Throttled(wait=7),
    "mapping": exceptions.AuthenticationFailed({"detail": "Expired.", "code": "stale"}),
    "list": exceptions.PermissionDenied(["One.", "Two."]),
    "parameter": ParameterError({"since": ["Not a date."]}),
    "teapot": exceptions.APIException("I am a teapot."),
    "bug": ZeroDivisionError(SECRET),
}


class FailingView(APIView):
    """Raise what the address names."""

    permission_classes = (AllowAny,)

    def get(self, request: Request, failure: str) -> Response:
        raise FAILURES[failure]

    post = get


class DatabaseView(APIView):
    """Write what the database refuses."""

    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        User.objects.create(**dict(request.data))
        raise IntegrityError(SECRET)


class CupSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField(max_value=3)


class OrderSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    cups = CupSerializer(many=True)
    notes = serializers.DictField(child=serializers.IntegerField(), required=False)
    sizes = serializers.ListField(child=serializers.IntegerField(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["name"] == "nobody":
            raise serializers.ValidationError("Somebody has to drink it.", code="nobody")
        return attrs


class OrderView(APIView):
    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        OrderSerializer(data=request.data).is_valid(raise_exception=True)
        return Response(status=204)


class TextRenderer(BaseRenderer):
    media_type = "text/plain"
    format = "txt"


class TextView(FailingView):
    """Answers text; its errors are problems all the same."""

    renderer_classes = (TextRenderer,)


def crash(_request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError(SECRET)


def deny(_request: HttpRequest) -> HttpResponse:
    raise django_exceptions.PermissionDenied(SECRET)


def refuse(_request: HttpRequest) -> HttpResponse:
    raise django_exceptions.BadRequest(SECRET)


def form(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("A plain view, which Django protects against forged requests.")


PLAIN_VIEWS = [
    path("bug/", csrf_exempt(crash)),
    path("denied/", csrf_exempt(deny)),
    path("bad/", csrf_exempt(refuse)),
    path("form/", form),
]

urlpatterns = [
    path("api/failing/order/", OrderView.as_view()),
    path("api/failing/database/", DatabaseView.as_view()),
    path("api/failing/text/<failure>/", TextView.as_view()),
    path("api/failing/<failure>/", FailingView.as_view()),
    path("api/plain/", include(PLAIN_VIEWS)),
    path("plain/", include(PLAIN_VIEWS)),
    *urls.urlpatterns,
]

# As in the project; Django's own where it names none.
for handler in ("handler400", "handler403", "handler404", "handler500"):
    if hasattr(urls, handler):
        globals()[handler] = getattr(urls, handler)
