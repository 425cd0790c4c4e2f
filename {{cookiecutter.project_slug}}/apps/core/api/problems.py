"""Every error of the API in one form: problem details, ``application/problem+json`` (RFC 9457).

::

    {"type": "/api/problems/#validation_error", "title": "Some values were not accepted.", "status": 400,
     "detail": "1 value was not accepted.", "code": "validation_error",
     "errors": [{"pointer": "#/email", "code": "required", "detail": "This field is required."}],
     "request_id": "0f9d…"}

Built on the hooks of drf-standardized-errors, which calls these classes for whatever a view raises.
"""

import errno
import re
from collections.abc import Iterator
from functools import singledispatch
from http import HTTPStatus
from typing import Any

import structlog
from django.core import exceptions as django_exceptions
from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, JsonResponse
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import Error, ErrorResponse
from rest_framework import exceptions
from rest_framework.fields import get_error_detail
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from apps.core.api.problem_types import find_problem_type
from apps.core.database.refusals import constraint_of, is_conflict
from apps.core.errors import DomainError

PROBLEM_JSON = "application/problem+json"
# Their requests have no body, so what is wrong with them is in the query string.
METHODS_WITHOUT_BODY = ("GET", "HEAD", "OPTIONS", "DELETE")
# No room left, or none left for this user.
DISK_FULL = {errno.ENOSPC, errno.EDQUOT}
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,19}")

logger = structlog.get_logger(__name__)


class ParameterError(exceptions.ValidationError):
    """A value of the query string that is not accepted, whatever the method of the request.

    ``ParameterError({"since": ["Not a date."]})``
    """


class ProblemResponse(Response):
    """A problem: JSON for programs, and still a page where the browsable API shows it."""

    @property
    def rendered_content(self) -> Any:
        # Also where a view renders YAML or CSV: its errors are JSON nevertheless.
        if self.accepted_renderer.media_type != "text/html":
            self.accepted_renderer = JSONRenderer()
            self.content_type = PROBLEM_JSON
        return super().rendered_content


class ProblemHandler(ExceptionHandler):
    """Turn whatever a view raises into a problem."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        request = self.context["request"]
        if isinstance(exc, exceptions.NotAuthenticated) and request:
            return name_wrong_scheme(exc, request, self.context["view"])
        return as_api_exception(exc)

    def convert_unhandled_exceptions(self, exc: Exception) -> exceptions.APIException:
        if isinstance(exc, exceptions.APIException):
            return exc
        return api_exception(500, "server_error", "The reason is in the server's log.")

    def get_response(self, exc: exceptions.APIException, data: dict[str, Any]) -> Response:
        return ProblemResponse(data, status=exc.status_code, headers=self.get_headers(exc))


class ProblemFormatter(ExceptionFormatter):
    """Write the problem's members."""

    def get_errors(self) -> list[Error]:
        if not isinstance(self.exc, exceptions.ValidationError):
            return []
        return list(flatten(self.exc.detail))

    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        status = self.exc.status_code
        if not isinstance(self.exc, exceptions.ValidationError):
            return problem(status=status, code=code_of(self.exc), detail=sentence_of(self.exc.detail))
        count = len(error_response.errors)
        detail = "1 value was not accepted." if count == 1 else f"{count} values were not accepted."
        errors = [self._locate(error) for error in error_response.errors]
        return problem(status=status, code="validation_error", detail=detail, errors=errors)

    def _locate(self, error: Error) -> dict[str, str]:
        """Say where the value stands: a pointer into the body, or the name of a parameter."""
        path = error.attr or ""
        message = {"code": error.code, "detail": error.detail}
        if not self._is_about_parameters():
            return {"pointer": f"#{path}", **message}
        return {"parameter": path.split("/")[1], **message} if path else message

    def _is_about_parameters(self) -> bool:
        request = self.context["request"]
        return isinstance(self.exc, ParameterError) or bool(
            request and request.method in METHODS_WITHOUT_BODY
        )


def problem(
    *, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None
) -> dict[str, Any]:
    """Return the members of a problem; ``type`` and ``title`` follow from the code.

    Args:
        status: The HTTP status of the answer.
        code: For programs. One that nobody has described takes the type of its status.
        detail: For the person who asked. Never what an unexpected exception says.
        errors: The single values that were not accepted, when that is the problem.
    """
    kind = find_problem_type(code=code, status=status)
    return {
        "type": kind.address,
        "title": kind.title,
        "status": int(status),
        "detail": detail,
        "code": code,
        **({"errors": errors} if errors is not None else {}),
        # The id under which the request is logged, also in the header X-Request-ID.
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
    }


def problem_response(
    *, status: int, code: str, detail: str, headers: dict[str, str] | None = None
) -> JsonResponse:
    """Answer a problem from where no view of REST framework is: a middleware, an error handler."""
    body = problem(status=status, code=code, detail=detail)
    return JsonResponse(body, status=status, content_type=PROBLEM_JSON, headers=headers)


def is_api(request: HttpRequest) -> bool:
    """Whether programs ask here. The sign-in pages of the browsable API are for people."""
    return request.path_info.startswith("/api/") and not request.path_info.startswith("/api/session/")


def flatten(detail: Any, path: str = "") -> Iterator[Error]:
    """Yield each message of a validation error with its JSON pointer (RFC 6901): ``/lines/0/name``."""
    if isinstance(detail, exceptions.ErrorDetail):
        yield Error(code=detail.code or "invalid", detail=str(detail), attr=path)
    elif isinstance(detail, dict):
        for key, value in detail.items():
            yield from flatten(value, path + step(key))
    else:
        for index, value in enumerate(detail):
            inner = path if isinstance(value, exceptions.ErrorDetail) else f"{path}/{index}"
            yield from flatten(value, inner)


def step(key: object) -> str:
    """One step of a JSON pointer; what concerns several fields points to the object that holds them."""
    if key in (api_settings.NON_FIELD_ERRORS_KEY, django_exceptions.NON_FIELD_ERRORS):
        return ""
    return "/" + str(key).replace("~", "~0").replace("/", "~1")


def code_of(exc: exceptions.APIException) -> str:
    detail: Any = exc.detail
    # What SessionAuthentication says: the library has no code of its own for it.
    if str(detail).startswith("CSRF Failed:"):
        return "csrf_failed"
    if isinstance(detail, dict):
        # simplejwt puts the code beside the sentence.
        return str(detail.get("code", exc.default_code))
    return str(getattr(detail, "code", exc.default_code))


def sentence_of(detail: Any) -> str:
    """The words of an exception, which may bring them in a list or a mapping."""
    if isinstance(detail, dict):
        detail = detail.get("detail", list(detail.values()))
    if isinstance(detail, list):
        return " ".join(sentence_of(item) for item in detail)
    return str(detail)


def api_exception(status: int, code: str, detail: str) -> exceptions.APIException:
    exc = exceptions.APIException(detail, code)
    exc.status_code = status
    return exc


@singledispatch
def as_api_exception(exc: Exception) -> Exception:
    """Return what REST framework would have raised; an exception that means nothing special, unchanged.

    Texts of Django's exceptions stay behind: they name models and values.
    """
    return exc


@as_api_exception.register
def _(exc: DomainError) -> Exception:
    return api_exception(exc.status, exc.code, exc.detail)


@as_api_exception.register
def _(exc: Http404) -> Exception:
    return exceptions.NotFound()


@as_api_exception.register
def _(exc: django_exceptions.PermissionDenied) -> Exception:
    return exceptions.PermissionDenied()


@as_api_exception.register
def _(exc: django_exceptions.ValidationError) -> Exception:
    return exceptions.ValidationError(get_error_detail(exc))


@as_api_exception.register(django_exceptions.BadRequest)
@as_api_exception.register(django_exceptions.SuspiciousOperation)
def _(exc: Exception) -> Exception:
    return api_exception(400, "bad_request", "The request is malformed.")


@as_api_exception.register
def _(exc: django_exceptions.RequestDataTooBig) -> Exception:
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    return api_exception(status, "content_too_large", "The body of the request is too large.")


@as_api_exception.register
def _(exc: OSError) -> Exception:
    if exc.errno not in DISK_FULL:
        return exc
    mend = "Free some room on the disk or volume that holds this file, or enlarge it."
    logger.error("disk_full", file=exc.filename, mend=mend)
    status = HTTPStatus.INSUFFICIENT_STORAGE
    return api_exception(status, "insufficient_storage", "There is no room left to store this.")


@as_api_exception.register(ProtectedError)
@as_api_exception.register(RestrictedError)
def _(exc: IntegrityError) -> Exception:
    return api_exception(409, "conflict", "Others depend on this, so it cannot be deleted.")


@as_api_exception.register
def _(exc: IntegrityError) -> Exception:
    if not is_conflict(exc):
        return exc
    # Only its name: the database's own text holds values of rows.
    logger.warning("constraint_refused_write", constraint=constraint_of(exc))
    return api_exception(409, "conflict", "Something else that is stored stands against this.")


def name_wrong_scheme(
    exc: exceptions.NotAuthenticated, request: Request, view: APIView
) -> exceptions.NotAuthenticated:
    """Say so when credentials came, but in a scheme that every authenticator skipped."""
    header = request.headers.get("Authorization", "")
    # A session asks for nothing.
    challenges = [authenticator.authenticate_header(request) for authenticator in view.get_authenticators()]
    expected = [challenge.split()[0] for challenge in challenges if challenge]
    received, _, credentials = header.partition(" ")
    if not header or not expected or received.lower() in [scheme.lower() for scheme in expected]:
        return exc
    # Without a space the first word is the token itself, which nobody should read back.
    shown = f"the scheme '{received}'" if credentials and SCHEME.fullmatch(received) else "no scheme"
    detail = f"The Authorization header has {shown}; this API expects '{expected[0]} <token>'."
    exc.detail = exceptions.ErrorDetail(detail, code="wrong_auth_scheme")
    return exc
