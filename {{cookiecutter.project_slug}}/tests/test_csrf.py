"""Forms with a session cookie, behind a proxy that ends TLS."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django.fixtures import Settings
from rest_framework.authentication import SessionAuthentication
from rest_framework.views import APIView

from apps.users.models import User
from apps.users.tests.factories import PASSWORD, UserFactory
from tests.processes import production_environment, run_python
from tests.test_authentication import OPEN_TO_ANYBODY, named_addresses

LOGIN = "/admin/login/"
BEHIND_THE_PROXY = {"Host": "testserver", "X-Forwarded-Proto": "https"}


@pytest.fixture
def browser() -> Client:
    """A client that, unlike the usual one, is checked for forged requests."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def staff(db: None) -> User:
    return UserFactory.create(is_staff=True)


def log_in(browser: Client, user: User, *, origin: str) -> int:
    """Fill in the login form as a browser at ``origin`` would; the status of the answer."""
    browser.get(LOGIN, headers=BEHIND_THE_PROXY)
    form = {
        "username": user.email,
        "password": PASSWORD,
        "csrfmiddlewaretoken": browser.cookies["csrftoken"].value,
    }
    response = browser.post(LOGIN, form, headers={**BEHIND_THE_PROXY, "Origin": origin})
    return response.status_code


@pytest.mark.lesson("csrf-behind-proxy")
def test_login_behind_the_proxy_passes_the_csrf_check(browser: Client, staff: User) -> None:
    assert log_in(browser, staff, origin="https://testserver") == 302


@pytest.mark.lesson("csrf-behind-proxy")
def test_https_behind_the_proxy_is_not_redirected_to_itself(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert client.get(LOGIN, headers=BEHIND_THE_PROXY).status_code == 200


def test_form_of_a_foreign_page_is_refused(browser: Client, staff: User) -> None:
    assert log_in(browser, staff, origin="https://evil.example") == 403


def test_listed_origin_may_post(browser: Client, staff: User, settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example.com"]

    assert log_in(browser, staff, origin="https://app.example.com") == 302


def test_without_a_proxy_the_clients_word_on_https_is_not_believed() -> None:
    program = "from django.conf import settings; print(settings.SECURE_PROXY_SSL_HEADER)"

    result = run_python("-c", program, environment=production_environment(NUM_PROXIES="0"))

    assert (result.stderr, result.stdout) == ("", "None\n")


def exempt_views() -> dict[str, str]:
    """Views outside REST framework that are exempt from the middleware, each with its reason.

    An app declares its own as ``EXEMPT_FROM_CSRF`` in ``apps/<app>/tests/open_addresses.py``.
    """
    modules = [f"{app}.tests.open_addresses" for app in project_settings.LOCAL_APPS]
    declared = [import_module(module) for module in modules if find_spec(module)]
    return {
        address: reason
        for module in declared
        for address, reason in getattr(module, "EXEMPT_FROM_CSRF", {}).items()
    }


EXEMPT = exempt_views()


def all_views(patterns: list[URLPattern | URLResolver], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each address, as it is declared, and its view."""
    for pattern in patterns:
        here = f"{path}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from all_views(pattern.url_patterns, here)
        else:
            yield here, pattern.callback


def is_rest_view(view: Any) -> bool:
    """Whether REST framework made the view: its SessionAuthentication checks, for sessions only."""
    return issubclass(getattr(view, "cls", object), APIView)


@pytest.mark.lesson("csrf-exemptions")
def test_no_view_is_exempt_from_the_csrf_check_unless_it_is_listed() -> None:
    exempt = {
        address
        for address, view in all_views(get_resolver().url_patterns)
        if getattr(view, "csrf_exempt", False) and not is_rest_view(view)
    }

    assert exempt == set(EXEMPT)


@pytest.mark.lesson("csrf-exemptions")
def test_no_authenticator_leaves_the_csrf_check_of_sessions_out() -> None:
    views = [view for _, view in all_views(get_resolver().url_patterns) if is_rest_view(view)]
    authenticators = {authenticator for view in views for authenticator in view.cls.authentication_classes}

    assert SessionAuthentication in authenticators
    assert [
        authenticator
        for authenticator in authenticators
        if getattr(authenticator, "enforce_csrf", None) not in (None, SessionAuthentication.enforce_csrf)
        or (authenticator is not SessionAuthentication and issubclass(authenticator, SessionAuthentication))
    ] == []


@pytest.mark.lesson("csrf-exemptions")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_session_without_the_csrf_token_writes_nowhere(browser: Client, user: User, method: str) -> None:
    browser.force_login(user)
    addresses = [address for name, address in named_addresses().items() if name not in OPEN_TO_ANYBODY]

    codes = {address: refusal_of(browser, method, address) for address in addresses}

    assert "/api/v1/users/me/" in codes
    assert set(codes.values()) == {"csrf_failed"}, codes


def refusal_of(browser: Client, method: str, address: str) -> str:
    response = browser.generic(method, address, "{}", content_type="application/json")
    return str(response.json()["code"])
