"""Sign-in by a form, for the admin and the browsable API, counted together with sign-in by API."""

import math
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from rest_framework.views import APIView

from apps.core.api.throttling import AccountThrottle, AddressThrottle

Login = Callable[..., HttpResponseBase]


class FormAccountThrottle(AccountThrottle):
    """Counts under the same key as the API; Django's forms call the address ``username``."""

    def account_of(self, data: Any) -> str | None:
        return super().account_of({"email": data.get("username")})


class LoginAttempt(APIView):
    """What throttles ask about a view: here, its scope only."""

    throttle_scope = "sign_in"


def throttled(login: Login) -> Login:
    """Answer a login form that is sent too often, from one address or for one account, with 429."""

    @wraps(login)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and (seconds := count_attempt(request)):
            return refuse(request, seconds)
        return login(request, *args, **kwargs)

    return guarded


def count_attempt(request: HttpRequest) -> int:
    """Count an attempt; return 0, or the seconds to wait if it was one too many."""
    attempt = LoginAttempt()
    asked = attempt.initialize_request(request)
    # Each counts, also when another one refuses.
    refusing = [
        throttle
        for throttle in (AddressThrottle(), FormAccountThrottle())
        if not throttle.allow_request(asked, attempt)
    ]
    return max((math.ceil(throttle.wait()) for throttle in refusing), default=0)


def refuse(request: HttpRequest, seconds: int) -> HttpResponse:
    context = {"title": "Too many attempts", "message": f"Try again in {seconds} seconds."}
    response = render(request, "users/link_page.html", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = str(seconds)
    return response
