"""What the OpenAPI document says about errors, and about addresses on their way out.

``DEFAULT_SCHEMA_CLASS`` is :class:`ProblemSchema`. It finds the errors that any view may answer by
itself. What only a mixin or a view knows, it declares as a class attribute::

    class IdempotentCreate:
        documented_errors = {"POST": [409, 422]}
        documented_parameters = {"POST": [OpenApiParameter("Idempotency-Key", location="header")]}

Keys are methods or actions, ``create`` also for the POST of a view that is no view set; what the classes
of a view declare adds up. ``documented_bodiless`` names statuses that come without a body, such as 304.
"""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from drf_standardized_errors.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS

from apps.core.api.deprecation import Deprecated
from apps.core.api.phrases import phrase_of
from apps.core.api.problems import PROBLEM_JSON

JSON = "application/json"
DEPRECATION_HEADERS = [
    OpenApiParameter(name, location=OpenApiParameter.HEADER, response=True, description=description)
    for name, description in {
        "Deprecation": "Since when the address is deprecated, such as `@1688169599` (RFC 9745).",
        "Sunset": "The day from which on the address may be gone (RFC 8594).",
        "Link": 'With `rel="successor-version"`: what follows.',
    }.items()
]
RETRY_AFTER = OpenApiParameter(
    "Retry-After",
    int,
    location=OpenApiParameter.HEADER,
    response=[429],
    description="How many seconds to wait.",
)


@extend_schema_field({"type": "string", "format": "uri-reference"})
class UriReferenceField(serializers.CharField):
    """An address, which may be relative."""


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong (RFC 9457)."""

    type = UriReferenceField(help_text="Where this kind of problem is explained.")
    title = serializers.CharField(help_text="The kind of problem; the same for each occurrence.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="What happened this time, for people.")
    code = serializers.CharField(help_text="The kind of problem, for programs.")
    request_id = serializers.CharField(help_text="The id under which the request is in the server's log.")


class InvalidValueSerializer(serializers.Serializer[Any]):
    """One value that was not accepted, and where it stands."""

    pointer = serializers.CharField(
        required=False, help_text="A JSON pointer into the body of the request (RFC 6901), such as `#/email`."
    )
    parameter = serializers.CharField(required=False, help_text="The name of a parameter of the query.")
    code = serializers.CharField(help_text="The rule that was broken, for programs.")
    detail = serializers.CharField(help_text="The rule that was broken, for people.")


class ValidationProblemSerializer(ProblemSerializer):
    """Which values were not accepted (RFC 9457)."""

    # The metaclass takes fields away, so that the property of this name stays what it is.
    errors = InvalidValueSerializer(  # type: ignore[assignment]
        many=True, required=False, help_text="Absent when the request could not be read at all."
    )


class ProblemSchema(AutoSchema):
    """Documents the errors that can occur, and those only."""

    def get_override_parameters(self) -> list[Any]:
        own: list[Any] = [*super().get_override_parameters(), *self._declared("documented_parameters")]
        if isinstance(self.view, Deprecated):
            own += DEPRECATION_HEADERS
        return [*own, RETRY_AFTER]

    def get_auth(self) -> list[Any]:
        """Say that nobody has to sign in where the permissions, whatever their names, let everybody in."""
        schemes: list[Any] = super().get_auth()
        is_open = all(
            permission.has_permission(self.view.request, self.view)
            for permission in self.view.get_permissions()
        )
        return [*schemes, {}] if is_open and {} not in schemes else schemes

    def map_parsers(self) -> list[Any]:
        """Say JSON where a view takes it. Forms work too, but there an empty field is one left out."""
        media_types: list[Any] = super().map_parsers()
        return [JSON] if JSON in media_types else media_types

    def _get_filter_parameters(self) -> list[Any]:
        """Say that a filter may be left empty, as in a form: then it does not filter."""
        parameters = super()._get_filter_parameters()  # type: ignore[no-untyped-call]
        return [{**parameter, "allowEmptyValue": True} for parameter in parameters]

    def is_deprecated(self) -> bool:
        return super().is_deprecated() or isinstance(self.view, Deprecated)

    def _declared(self, attribute: str) -> Iterator[Any]:
        """Yield what the classes of the view declare for the present operation."""
        usual = self.method_mapping.get(self.method.lower(), "")
        keys = {self.method, getattr(self.view, "action", None) or usual}
        for cls in type(self.view).__mro__:
            declared: dict[str, list[Any]] = vars(cls).get(attribute, {})
            for key in keys & declared.keys():
                yield from declared[key]

    def _get_allowed_error_status_codes(self) -> list[str]:
        declared = {str(status) for status in self._declared("documented_errors")}
        return sorted({"400", "401", "403", "404", "406", "415", "429", "500"} | declared)

    def _should_add_error_response(self, responses: dict[str, Any], status_code: str) -> bool:
        declared = status_code in {str(status) for status in self._declared("documented_errors")}
        if declared and status_code not in responses:
            return True
        return bool(super()._should_add_error_response(responses, status_code))

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in self._declared("documented_bodiless"):
            headers = self._get_response_headers_for_code(str(status))
            bodies[str(status)] = {
                "description": phrase_of(status),
                **({"headers": headers} if headers else {}),
            }
        return bodies

    def _should_add_parse_error_response(self) -> bool:
        return self._has_body() and super()._should_add_parse_error_response()

    def _should_add_http403_error_response(self) -> bool:
        # A session without its CSRF token.
        by_session = any(isinstance(way, SessionAuthentication) for way in self.view.get_authenticators())
        is_forgeable = by_session and self.method not in SAFE_METHODS
        return is_forgeable or bool(super()._should_add_http403_error_response())

    def _should_add_http404_error_response(self) -> bool:
        has_path_parameters = any(parameter["in"] == "path" for parameter in self._get_parameters())
        return has_path_parameters or (self._is_list_view() and self._has_paginator())

    def _should_add_validation_error_response(self) -> bool:
        # Lists refuse parameters that they do not know.
        return self._is_list_view() or bool(super()._should_add_validation_error_response())

    def _should_add_http415_error_response(self) -> bool:
        return self._has_body() and super()._should_add_http415_error_response()

    def _has_paginator(self) -> bool:
        return getattr(self.view, "pagination_class", None) is not None

    def _has_body(self) -> bool:
        return self._get_request_body() is not None  # type: ignore[no-untyped-call]

    def _get_error_response_serializer(self, status_code: str) -> type[ProblemSerializer]:
        return ValidationProblemSerializer if status_code == "400" else ProblemSerializer

    def _get_error_response_examples(self) -> list[Any]:
        return []

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: str = "response"
    ) -> Any:
        if int(status_code) >= 400 and media_types is None:
            media_types = [PROBLEM_JSON]
        response: dict[str, Any] = super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, media_types, direction
        )
        return {**response, "description": response["description"] or phrase_of(int(status_code))}
