"""The throttles that the settings name count every view that says nothing about throttles."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from apps.users.models import User


class OpenView(APIView):
    permission_classes = (AllowAny,)

    def get(self, request: Request) -> Response:
        return Response()


def ask_at_once(user: User | AnonymousUser, count: int) -> list[int]:
    """The statuses of so many requests, each with another address in X-Forwarded-For."""
    view, corner = OpenView.as_view(), cache.key_prefix

    def ask(number: int) -> int:
        # Each thread has a connection to the cache of its own.
        cache.key_prefix = corner
        request = APIRequestFactory().get("/", headers={"X-Forwarded-For": f"203.0.113.{number % 256}"})
        force_authenticate(request, user)
        return int(view(request).status_code)

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(ask, range(count)))


@pytest.mark.lesson("throttle-effective")
@pytest.mark.parametrize(("user", "scope"), [(AnonymousUser(), "anon"), (User(pk=1), "user")], ids=str)
def test_exactly_as_many_requests_pass_as_the_rate_says(
    user: Any, scope: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In a minute that begins meanwhile, more may pass.
    now = time.time()
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.timer", lambda _throttle: now)
    limit = int(str(api_settings.DEFAULT_THROTTLE_RATES.get(scope) or "60/min").split("/")[0])

    answers = ask_at_once(user, limit + 10)

    assert (answers.count(200), answers.count(429)) == (limit, 10)
