"""Forms with a session cookie, behind a proxy that ends TLS."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.users.models import User
from apps.users.tests.factories import PASSWORD, UserFactory
from tests.processes import production_environment, run_python

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
