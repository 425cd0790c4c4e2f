"""The login forms of the admin and the browsable API."""

import pytest
from django.contrib.auth import get_user
from django.test import Client

from apps.users.models import User
from apps.users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
LOGINS = ["/admin/login/", "/api/session/login/"]


@pytest.fixture
def staff(db: None) -> User:
    return UserFactory.create(is_staff=True)


def log_in(login: str, email: str, password: str = PASSWORD, *, address: str = "127.0.0.1") -> Client:
    """A browser that has sent the form; signed in or not."""
    browser = Client(REMOTE_ADDR=address)
    browser.post(login, {"username": email, "password": password})
    return browser


def is_signed_in(browser: Client) -> bool:
    request = browser.get("/admin/login/").wsgi_request
    return bool(get_user(request).is_authenticated)


@pytest.mark.parametrize("login", LOGINS)
def test_verified_account_signs_in(login: str, staff: User) -> None:
    assert is_signed_in(log_in(login, staff.email.upper()))


@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("change", [{"is_active": False}, {"email_verified_at": None}])
def test_inactive_and_unverified_accounts_do_not(login: str, staff: User, change: dict[str, object]) -> None:
    User.objects.filter(pk=staff.pk).update(**change)

    assert not is_signed_in(log_in(login, staff.email))


@pytest.mark.parametrize("login", LOGINS)
def test_guessing_one_account_from_many_addresses_is_refused(login: str, staff: User) -> None:
    for number in range(10):
        log_in(login, staff.email, "guess", address=f"203.0.113.{number}")

    response = Client().post(login, {"username": staff.email, "password": PASSWORD})

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 120
    assert "Try again in" in response.content.decode()


@pytest.mark.parametrize("login", LOGINS)
def test_guessing_many_accounts_from_one_address_is_refused(login: str) -> None:
    browser = Client()

    statuses = [
        browser.post(login, {"username": f"person{number}@example.com", "password": "guess"}).status_code
        for number in range(11)
    ]

    assert statuses == [200] * 10 + [429]


def test_both_forms_count_together(staff: User) -> None:
    for number in range(10):
        log_in(LOGINS[number % 2], staff.email, "guess", address=f"203.0.113.{number}")

    assert not is_signed_in(log_in(LOGINS[0], staff.email))


def test_opening_the_form_is_no_attempt(staff: User) -> None:
    browser = Client()

    assert {browser.get(LOGINS[0]).status_code for _ in range(12)} == {200}
