"""Conditional requests: read only what has changed, change only what was read (RFC 9110, section 13)."""

import hashlib
from http import HTTPStatus
from typing import Any, cast

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotModified
from django.utils.cache import patch_cache_control
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

SAFE = ("GET", "HEAD")
METHODS = (*SAFE, "PUT", "PATCH", "DELETE")
ACTIONS = ("retrieve", "update", "partial_update", "destroy")
ETAG = OpenApiParameter(
    "ETag",
    location=OpenApiParameter.HEADER,
    response=[200, 304],
    description="Stands for this version, for If-None-Match and If-Match.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    location=OpenApiParameter.HEADER,
    description="The ETag of what you have: the answer is 304, without a body, while that is current.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    location=OpenApiParameter.HEADER,
    description="The ETag of what you have read: the answer is 412 when it has been changed since.",
)


class PreconditionFailed(APIException):
    status_code = HTTPStatus.PRECONDITION_FAILED
    default_code = "precondition_failed"
    default_detail = "This has changed since it was read. Read it again, and decide anew."


class NotModified(Exception):
    """What the client has is still what it would get."""


class ConditionalView(APIView):
    """Mixin, to the left of the view's base class, for views that read, change and delete one object.

    - Reads carry an ``ETag``. With it in ``If-None-Match`` the next read costs no body: 304.
    - With it in ``If-Match``, a change or deletion of what somebody else has changed meanwhile is
      refused: 412. The row is locked before it is compared, so of two changes to the same version
      exactly one succeeds. Without the header, the last one wins.

    The answer to a PATCH has the new ``ETag``; to a PUT it must not (RFC 9110, section 9.3.4).

    ``etag_of`` has to change whenever the answer does. Override it where the answer shows more than
    the object's own row, or differs from user to user.
    """

    documented_errors = {"update": [412], "partial_update": [412], "destroy": [412]}
    documented_parameters = {
        "retrieve": [IF_NONE_MATCH, ETAG],
        "update": [IF_MATCH],
        "partial_update": [IF_MATCH, ETAG],
        "destroy": [IF_MATCH],
    }
    documented_bodiless = {"retrieve": [304]}

    _instance: Any = None

    def etag_of(self, instance: Any) -> str:
        """Return what stands for the present version: here its key and ``updated_at``."""
        return f"{instance.pk} {instance.updated_at.isoformat()}"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self._asked = request.method
        if request.method in SAFE or not has_preconditions(request):
            return super().dispatch(request, *args, **kwargs)
        # What is locked, compared and changed is one transaction.
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            transaction.set_rollback(response.status_code >= HTTPStatus.BAD_REQUEST)
        return response

    def get_object(self) -> Any:
        instance = super().get_object()  # type: ignore[misc]
        if self._is_about_a_version():
            self._instance = instance
            if has_preconditions(self.request):
                self._check_preconditions(instance)
        return instance

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, NotModified):
            return cast(Response, HttpResponseNotModified())
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._instance is None or response.status_code not in (HTTPStatus.OK, HTTPStatus.NOT_MODIFIED):
            return response
        if self._asked == "PATCH":
            # As a reader will find it, whichever object the service has saved.
            self._instance.refresh_from_db()
        if self._asked in (*SAFE, "PATCH"):
            response["ETag"] = self._etag()
        if self._asked in SAFE:
            # For whoever asked, and to be asked for again with If-None-Match.
            patch_cache_control(response, private=True, no_cache=True)
        return response

    def _is_about_a_version(self) -> bool:
        """Whether the request reads or changes the object itself, not something that hangs on it."""
        return self._asked in METHODS and getattr(self, "action", None) in (None, *ACTIONS)

    def _check_preconditions(self, instance: Model) -> None:
        if self._asked not in SAFE:
            lock(instance)
            # What has changed meanwhile may be the owner.
            self.check_object_permissions(self.request, instance)
        compare(self.request, self._etag())

    def _etag(self) -> str:
        """Return ``etag_of`` as a header: any text, but always in the alphabet of ETags."""
        return f'"{hashlib.sha256(self.etag_of(self._instance).encode()).hexdigest()[:32]}"'


def has_preconditions(request: HttpRequest | Request) -> bool:
    return "If-Match" in request.headers or "If-None-Match" in request.headers


def lock(instance: Model) -> None:
    """Keep others from changing the row until the transaction ends, and read it as it is now.

    Raises:
        NotFound: Somebody has deleted it since it was read.
    """
    rows = instance._meta.model._base_manager.select_for_update()
    try:
        instance.refresh_from_db(from_queryset=rows)
    except ObjectDoesNotExist:
        raise NotFound from None


def compare(request: Request, etag: str) -> None:
    """Evaluate the preconditions in the order of RFC 9110, section 13.2.2.

    Raises:
        PreconditionFailed: If-Match names another version, or If-None-Match the present one in a change.
        NotModified: A read already has the present version.
    """
    wanted = parse_etags(request.headers.get("If-Match", ""))
    # The comparison is strong: what is marked as weak never matches.
    if "If-Match" in request.headers and wanted != ["*"] and etag not in wanted:
        raise PreconditionFailed
    known = [tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))]
    if known == ["*"] or etag in known:
        raise NotModified if request.method in SAFE else PreconditionFailed
