"""Throttles let exactly as many requests pass as their rate says, whoever asks, and however at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from pytest_django.fixtures import Settings
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from apps.core.api import throttling

RATES = {"anon": "4/min", "user": "4/min", "guess": "4/min", "hourly": "3/hour", "never": "0/min"}


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _rates(settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": RATES}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(throttling.CountingThrottle, "timer", clock)
    return clock


def view_of(throttle: type[throttling.CountingThrottle], scope: str | None = None) -> Any:
    class View(APIView):
        throttle_classes = (throttle,)
        permission_classes = (AllowAny,)
        throttle_scope = scope

        def get(self, request: Request) -> Response:
            return Response()

        def post(self, request: Request) -> Response:
            return Response()

    return View.as_view()


def ask(view: Any, *, user: Any = None, data: Any = None, **meta: Any) -> Any:
    factory = APIRequestFactory()
    request = factory.get("/", **meta) if data is None else factory.post("/", data, format="json", **meta)
    force_authenticate(request, user or AnonymousUser())
    return view(request)


def statuses(view: Any, count: int, **about: Any) -> list[int]:
    return [ask(view, **about).status_code for _ in range(count)]


@pytest.mark.lesson("throttle-effective")
@pytest.mark.parametrize("throttle", [throttling.AnonThrottle, throttling.AddressThrottle])
def test_of_requests_at_once_exactly_the_limit_passes(throttle: Any) -> None:
    view, corner = view_of(throttle, "guess"), cache.key_prefix

    def ask_from_a_thread(_: int) -> int:
        # Each thread has a connection of its own.
        cache.key_prefix = corner
        return int(ask(view).status_code)

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(ask_from_a_thread, range(64)))

    assert (answers.count(200), answers.count(429)) == (4, 60)


@pytest.mark.lesson("throttle-effective")
@pytest.mark.parametrize("proxies", [0, 1])
def test_a_forwarded_address_that_changes_does_not_help(settings: Settings, proxies: int) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    # The proxy adds at the end whom it was called by; what stands before that is the client's invention.
    headers = [f"203.0.113.{number}" + ", 198.51.100.7" * proxies for number in range(5)]
    view = view_of(throttling.AnonThrottle)

    answers = [ask(view, HTTP_X_FORWARDED_FOR=header).status_code for header in headers]

    assert answers == [200, 200, 200, 200, 429]


def test_clients_behind_the_proxy_are_counted_apart(settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    view = view_of(throttling.AnonThrottle)

    answers = [ask(view, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}").status_code for number in range(9)]

    assert set(answers) == {200}


def test_addresses_of_one_ipv6_network_are_one_client() -> None:
    view = view_of(throttling.AnonThrottle)

    answers = [ask(view, REMOTE_ADDR=f"2001:db8::{number}").status_code for number in range(5)]

    assert answers[-1] == 429


@pytest.mark.parametrize("passed", [0, 1, 29.5, 59.999])
def test_retry_after_is_when_the_next_request_passes_and_no_sooner(clock: Clock, passed: float) -> None:
    view = view_of(throttling.AnonThrottle)
    clock.now += passed
    *_, refused = (ask(view) for _ in range(5))

    wait = int(refused["Retry-After"])
    begin = clock.now
    clock.now = begin + wait - 1.001
    assert ask(view).status_code == 429
    clock.now = begin + wait
    assert ask(view).status_code == 200


def test_retry_after_counts_what_the_last_window_still_covers(clock: Clock) -> None:
    view = view_of(throttling.AnonThrottle)
    assert statuses(view, 4) == [200] * 4
    clock.now += 60 + 31

    # Of the four, 29/60 still count: two may come.
    assert statuses(view, 3) == [200, 200, 429]
    refused = ask(view)
    # Four times a quarter of the window has to be left: 45 seconds after its beginning.
    assert refused["Retry-After"] == "14"
    clock.now += 14
    assert statuses(view, 2) == [200, 429]


def test_where_two_windows_meet_nobody_gets_twice_the_rate(clock: Clock) -> None:
    view = view_of(throttling.AnonThrottle)
    clock.now += 59.9
    assert statuses(view, 4) == [200] * 4

    clock.now += 0.2

    assert statuses(view, 4) == [429] * 4


def test_refused_requests_do_not_prolong_the_wait(clock: Clock) -> None:
    view = view_of(throttling.AnonThrottle)
    statuses(view, 104)

    clock.now += 120

    assert statuses(view, 5) == [200] * 4 + [429]


def test_rate_of_nothing_lets_nobody_pass(clock: Clock) -> None:
    refused = ask(view_of(throttling.ScopedThrottle, "never"))

    assert (refused.status_code, refused["Retry-After"]) == (429, "120")


@pytest.mark.django_db
def test_accounts_are_counted_apart_and_wherever_they_are(user: Any) -> None:
    view = view_of(throttling.UserThrottle)
    other = get_user_model()(pk=user.pk + 1)

    answers = [ask(view, user=user, REMOTE_ADDR=f"203.0.113.{number}").status_code for number in range(5)]

    assert answers == [200] * 4 + [429]
    assert ask(view, user=other).status_code == 200


def test_each_of_the_two_leaves_to_the_other_whom_it_counts() -> None:
    user = get_user_model()(pk=1)

    assert statuses(view_of(throttling.AnonThrottle), 9, user=user) == [200] * 9
    assert statuses(view_of(throttling.UserThrottle), 9) == [200] * 9


@pytest.mark.parametrize("throttle", [throttling.ScopedThrottle, throttling.AddressThrottle])
def test_a_view_without_scope_is_not_counted_by_scope(throttle: Any) -> None:
    assert statuses(view_of(throttle), 9) == [200] * 9


def test_scopes_are_counted_apart_with_rates_of_their_own() -> None:
    assert statuses(view_of(throttling.ScopedThrottle, "guess"), 5) == [200] * 4 + [429]
    assert statuses(view_of(throttling.ScopedThrottle, "hourly"), 4) == [200] * 3 + [429]


def test_guessing_at_one_account_from_many_addresses_is_refused() -> None:
    view = view_of(throttling.AccountThrottle, "guess")
    spellings = [
        "eve@example.com",
        "EVE@example.com",
        " eve@Example.com ",
        "Eve@example.com",
        "eVe@example.com",
    ]

    answers = [
        ask(view, data={"email": spelling}, REMOTE_ADDR=f"203.0.113.{number}").status_code
        for number, spelling in enumerate(spellings)
    ]

    assert answers == [200] * 4 + [429]
    assert ask(view, data={"email": "ada@example.com"}).status_code == 200


def test_guessing_at_many_accounts_from_one_address_is_refused() -> None:
    view = view_of(throttling.AddressThrottle, "guess")

    answers = [ask(view, data={"email": f"{number}@example.com"}).status_code for number in range(5)]

    assert answers == [200] * 4 + [429]


@pytest.mark.parametrize("data", [{}, {"email": 7}, {"email": None}, [], ["email"], "email"])
def test_a_body_without_an_account_is_left_to_the_view(data: Any) -> None:
    view = view_of(throttling.AccountThrottle, "guess")

    assert statuses(view, 9, data=data) == [200] * 9


def test_no_address_is_kept_in_readable_form() -> None:
    throttle = throttling.AccountThrottle()
    throttle.scope = "guess"
    request: Any = Request(APIRequestFactory().post("/"))
    request._full_data = {"email": "eve@example.com\ud800"}

    assert "eve" not in str(throttle.get_cache_key(request, APIView()))


def test_a_throttle_whose_rate_was_removed_counts_nobody(settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {"anon": None}}

    assert statuses(view_of(throttling.AnonThrottle), 9) == [200] * 9
