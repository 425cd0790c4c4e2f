"""Say in every answer that an address is on its way out, until when and what follows (RFC 9745, RFC 8594)."""

from datetime import UTC, date, datetime
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.http import http_date
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Deprecated(APIView):
    """A view that clients should leave.

    Attributes:
        deprecated_since: The day from which on the address is deprecated.
        sunset: The day from which on it may be gone.
        successor: The url name of what follows, such as ``"v2:item-list"``. Where the version of that
            name has an address of the same name as the present one, such as ``"v2:item-detail"``, the
            answer links to that instead.
    """

    deprecated_since: date
    sunset: date
    successor: str

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Deprecation"] = f"@{seconds(self.deprecated_since)}"
        response["Sunset"] = http_date(seconds(self.sunset))
        link = f'<{self.successor_address(request)}>; rel="successor-version"'
        response["Link"] = ", ".join([response["Link"], link] if "Link" in response else [link])
        return response

    def successor_address(self, request: Request) -> str:
        """Return the address that does what this one does, in the version of ``successor``."""
        match = request.resolver_match
        name = match.url_name if match else ""
        same_name = f"{self.successor.rpartition(':')[0]}:{name}"
        try:
            return request.build_absolute_uri(reverse(same_name, kwargs=self.kwargs))
        except NoReverseMatch:
            return request.build_absolute_uri(reverse(self.successor))


def seconds(day: date) -> int:
    """The beginning of ``day`` as Unix time."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
