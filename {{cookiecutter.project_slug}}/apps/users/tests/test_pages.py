"""The pages behind the links in e-mails."""

import re

import pytest
from django.core.mail import EmailMessage
from django.test import Client

from apps.users import services
from apps.users.models import User
from apps.users.tests.factories import PASSWORD, UserFactory
from apps.users.tests.links import link_in

pytestmark = pytest.mark.django_db
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
NEW_PASSWORD = "a-new-and-much-longer-password"


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def unverified(db: None) -> User:
    return UserFactory.create(email_verified_at=None)


def path_of(link: str) -> str:
    return "/account/" + link.partition("/account/")[2]


def press_button(browser: Client, page: str, **typed: str) -> tuple[int, str]:
    """Open a page and send its form; the status of the answer, and the answer."""
    hidden = dict(HIDDEN.findall(browser.get(page).content.decode()))
    response = browser.post(page.partition("?")[0], {**hidden, **typed})
    return response.status_code, response.content.decode()


def test_opening_the_link_changes_nothing_and_the_button_verifies(
    browser: Client, unverified: User, inbox: list[EmailMessage]
) -> None:
    services.request_verification(email=unverified.email)
    page = path_of(link_in(inbox[0]))

    browser.get(page)
    unverified.refresh_from_db()
    assert unverified.email_verified_at is None

    status, text = press_button(browser, page)
    assert (status, "Your address is verified" in text) == (200, True)
    unverified.refresh_from_db()
    assert unverified.may_sign_in


def test_new_password_is_chosen_on_the_page(browser: Client, user: User, inbox: list[EmailMessage]) -> None:
    services.request_password_reset(email=user.email)

    status, text = press_button(browser, path_of(link_in(inbox[0])), new_password=NEW_PASSWORD)

    assert (status, "Your password was changed" in text) == (200, True)
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)


def test_page_says_why_a_password_is_refused_and_lets_choose_again(
    browser: Client, user: User, inbox: list[EmailMessage]
) -> None:
    services.request_password_reset(email=user.email)
    page = path_of(link_in(inbox[0]))

    status, text = press_button(browser, page, new_password="12345678901")

    assert status == 400
    assert "This password is entirely numeric." in text
    assert press_button(browser, page, new_password=NEW_PASSWORD)[0] == 200


@pytest.mark.parametrize("page", ["/account/verify-email/", "/account/reset-password/"])
def test_useless_token_is_told(browser: Client, page: str) -> None:
    status, text = press_button(browser, f"{page}?token=forged", new_password=NEW_PASSWORD)

    assert (status, "This link is not valid any more." in text) == (400, True)


@pytest.mark.parametrize("page", ["/account/verify-email/", "/account/reset-password/"])
def test_link_without_its_token_is_told(browser: Client, page: str) -> None:
    status, text = press_button(browser, page, new_password=NEW_PASSWORD)

    assert (status, "The link is not complete." in text) == (400, True)


@pytest.mark.parametrize("page", ["/account/verify-email/", "/account/reset-password/"])
def test_foreign_page_cannot_send_the_form(browser: Client, page: str) -> None:
    response = browser.post(page, {"token": "anything", "new_password": PASSWORD})

    assert response.status_code == 403


def test_page_is_not_kept_by_caches_and_needs_nothing_that_the_policy_forbids(browser: Client) -> None:
    response = browser.get("/account/reset-password/?token=x")

    assert "no-store" in response["Cache-Control"]
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert not re.search(r"<style|<script|style=|https?://", response.content.decode())
