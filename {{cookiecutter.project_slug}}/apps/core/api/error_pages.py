"""Errors that no view of REST framework answers: problems below ``/api/``, pages elsewhere."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import csrf, defaults
from rest_framework.settings import api_settings

from apps.core.api.problems import is_api, problem_response

VERSION = re.compile(r"/api/(v\d+)(/|$)")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.bad_request(request, exception)
    return problem_response(status=400, code="bad_request", detail="The request is malformed.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.permission_denied(request, exception)
    return problem_response(status=403, code="permission_denied", detail="You may not do this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.page_not_found(request, exception)
    asked = VERSION.match(request.path_info)
    versions = list(api_settings.ALLOWED_VERSIONS or [])
    if asked and asked[1] not in versions:
        detail = f"There is no version {asked[1]} of this API; there is {' and '.join(versions)}."
        return problem_response(status=404, code="unknown_version", detail=detail)
    return problem_response(status=404, code="not_found", detail="There is nothing at this address.")


def server_error(request: HttpRequest) -> HttpResponse:
    if not is_api(request):
        return defaults.server_error(request)
    return problem_response(status=500, code="server_error", detail="The reason is in the server's log.")


def csrf_failure(request: HttpRequest, reason: str = "", **_kwargs: Any) -> HttpResponse:
    if not is_api(request):
        return csrf.csrf_failure(request, reason)
    return problem_response(status=403, code="csrf_failed", detail=f"CSRF Failed: {reason}")
