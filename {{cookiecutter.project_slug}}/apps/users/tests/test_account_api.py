"""The life of an account, by API; how clients sign in differs, and is tested where it is."""

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.mail import EmailMessage
from django.test import Client
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.tests.factories import PASSWORD, UserFactory
from apps.users.tests.links import link_in, token_in

SIGN_UP = "/api/v1/auth/sign-up/"
VERIFY = "/api/v1/auth/verify-email/"
RESEND = "/api/v1/auth/verify-email/resend/"
CHANGE = "/api/v1/auth/password/change/"
RESET = "/api/v1/auth/password/reset/"
CONFIRM = "/api/v1/auth/password/reset/confirm/"
PROFILE = "/api/v1/users/me/"
NEW_PASSWORD = "a-new-and-much-longer-password"

pytestmark = pytest.mark.django_db


@pytest.fixture
def unverified(db: None) -> User:
    return UserFactory.create(email="new@example.com", email_verified_at=None)


@pytest.fixture
def hashes() -> Iterator[list[str]]:
    """Grows by one with each hash of a password: what an answer's time is made of."""
    made: list[str] = []
    encode = MD5PasswordHasher.encode

    def encode_and_count(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        made.append(salt)
        return encode(hasher, password, salt)

    with patch.object(MD5PasswordHasher, "encode", encode_and_count):
        yield made


def sign_up(client: APIClient, email: str, password: str = PASSWORD) -> tuple[int, object]:
    response = client.post(SIGN_UP, {"email": email, "password": password, "name": "Ada"})
    return response.status_code, response.json()


def test_sign_up_makes_an_account_that_waits_for_the_link(
    anonymous: APIClient, inbox: list[EmailMessage]
) -> None:
    status, body = sign_up(anonymous, "New@Example.com")

    assert (status, body) == (
        202,
        {"detail": "Open the link in the e-mail that was sent to this address."},
    )
    user = User.objects.get(email="new@example.com")
    assert (user.name, user.may_sign_in, user.check_password(PASSWORD)) == ("Ada", False, True)
    assert [(message.to, message.subject) for message in inbox] == [
        (["new@example.com"], "Verify your e-mail address")
    ]


def test_sign_up_with_a_known_address_answers_alike_and_changes_nothing(
    anonymous: APIClient, user: User, inbox: list[EmailMessage], hashes: list[str]
) -> None:
    unknown = sign_up(anonymous, "new@example.com", NEW_PASSWORD)
    spent = len(hashes)
    known = sign_up(anonymous, user.email.upper(), NEW_PASSWORD)

    assert known == unknown
    assert len(hashes) == 2 * spent
    assert [(message.to, message.subject) for message in inbox] == [
        (["new@example.com"], "Verify your e-mail address"),
        ([user.email], "You already have an account"),
    ]
    user.refresh_from_db()
    assert (user.name, user.check_password(PASSWORD)) == ("Ada Lovelace", True)


def test_whoever_signs_up_second_with_an_unverified_address_chooses_the_password_anew(
    anonymous: APIClient, unverified: User, inbox: list[EmailMessage]
) -> None:
    """Else somebody could sign up with your address, and wait until you verify her password."""
    sign_up(anonymous, unverified.email, NEW_PASSWORD)

    response = anonymous.post(CONFIRM, {"token": token_in(inbox[0]), "new_password": NEW_PASSWORD})

    assert response.status_code == 204
    unverified.refresh_from_db()
    assert (unverified.may_sign_in, unverified.check_password(NEW_PASSWORD)) == (True, True)


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "password_too_short"), ("password12345", "password_too_common")],
)
def test_weak_password_is_refused_whether_or_not_the_address_is_known(
    anonymous: APIClient, user: User, password: str, code: str
) -> None:
    for email in (user.email, "new@example.com"):
        response = anonymous.post(SIGN_UP, {"email": email, "password": password})

        assert response.status_code == 400
        errors = response.json()["errors"]
        assert [(error["pointer"], error["code"]) for error in errors] == [("#/password", code)]


def test_link_of_the_mail_verifies_the_address_once(
    anonymous: APIClient, unverified: User, inbox: list[EmailMessage]
) -> None:
    anonymous.post(RESEND, {"email": unverified.email})

    answers = [anonymous.post(VERIFY, {"token": token_in(inbox[0])}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 400]
    assert answers[1].json()["code"] == "invalid_link"
    unverified.refresh_from_db()
    assert unverified.may_sign_in


def test_resending_answers_alike_and_mails_only_who_waits(
    anonymous: APIClient, unverified: User, user: User, inbox: list[EmailMessage]
) -> None:
    answers = [
        anonymous.post(RESEND, {"email": email})
        for email in (unverified.email, user.email, "nobody@example.com")
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert [message.to for message in inbox] == [[unverified.email]]


def test_asking_for_a_reset_answers_alike_and_mails_only_who_has_an_account(
    anonymous: APIClient, user: User, inbox: list[EmailMessage]
) -> None:
    inactive = UserFactory.create(is_active=False)

    answers = [
        anonymous.post(RESET, {"email": email})
        for email in (user.email, inactive.email, "nobody@example.com")
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert [message.to for message in inbox] == [[user.email]]


def test_reset_link_sets_the_password_once_ends_sessions_and_tells_the_owner(
    anonymous: APIClient, user: User, inbox: list[EmailMessage]
) -> None:
    browser = Client()
    browser.force_login(user)
    anonymous.post(RESET, {"email": user.email})
    form = {"token": token_in(inbox[0]), "new_password": NEW_PASSWORD}

    answers = [anonymous.post(CONFIRM, form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 400]
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert browser.get(PROFILE).status_code == 401
    assert inbox[-1].subject == "Your password was changed"


def test_weak_password_does_not_use_up_the_reset_link(
    anonymous: APIClient, user: User, inbox: list[EmailMessage]
) -> None:
    anonymous.post(RESET, {"email": user.email})
    token = token_in(inbox[0])

    refused = anonymous.post(CONFIRM, {"token": token, "new_password": "1234"})
    accepted = anonymous.post(CONFIRM, {"token": token, "new_password": NEW_PASSWORD})

    assert refused.json()["errors"][0]["pointer"] == "#/new_password"
    assert (refused.status_code, accepted.status_code) == (400, 204)


@pytest.mark.parametrize(
    ("ask", "confirm", "lifetime"),
    [(RESET, CONFIRM, timedelta(hours=1)), (RESEND, VERIFY, timedelta(days=3))],
)
def test_link_expires(
    anonymous: APIClient,
    unverified: User,
    inbox: list[EmailMessage],
    ask: str,
    confirm: str,
    lifetime: timedelta,
) -> None:
    with time_machine.travel("2030-01-01 12:00Z", tick=False) as clock:
        anonymous.post(ask, {"email": unverified.email})
        clock.shift(lifetime + timedelta(seconds=1))
        response = anonymous.post(confirm, {"token": token_in(inbox[0]), "new_password": NEW_PASSWORD})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_link")


def test_link_for_one_thing_is_no_good_for_another(
    anonymous: APIClient, unverified: User, inbox: list[EmailMessage]
) -> None:
    anonymous.post(RESEND, {"email": unverified.email})

    response = anonymous.post(CONFIRM, {"token": token_in(inbox[0]), "new_password": NEW_PASSWORD})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_link")


def test_password_is_changed_by_who_knows_the_present_one_and_sessions_end(
    user: User, inbox: list[EmailMessage]
) -> None:
    elsewhere = Client()
    elsewhere.force_login(user)
    client = APIClient()
    client.force_login(user)

    response = client.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})

    assert response.status_code == 204
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert (client.get(PROFILE).status_code, elsewhere.get(PROFILE).status_code) == (401, 401)
    assert [message.subject for message in inbox] == ["Your password was changed"]


def test_password_is_not_changed_without_the_present_one(client_of_user: APIClient, user: User) -> None:
    response = client_of_user.post(CHANGE, {"current_password": "guess", "new_password": NEW_PASSWORD})

    assert response.status_code == 400
    assert response.json()["errors"] == [
        {
            "pointer": "#/current_password",
            "code": "wrong_password",
            "detail": "This is not your current password.",
        }
    ]
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_new_address_counts_when_its_link_was_opened_and_the_old_one_is_told(
    client_of_user: APIClient, user: User, inbox: list[EmailMessage]
) -> None:
    old = user.email
    change = {"email": "New@example.com", "current_password": PASSWORD}

    response = client_of_user.patch(PROFILE, change)

    assert (response.status_code, response.json()["email"]) == (200, old)
    assert [message.to for message in inbox] == [["New@example.com"]]

    assert client_of_user.post(VERIFY, {"token": token_in(inbox[0])}).status_code == 204
    user.refresh_from_db()
    assert user.email == "new@example.com"
    assert inbox[-1].to == [old]
    assert f"The account {old} now uses the address new@example.com." in inbox[-1].body


def test_new_address_needs_the_password(
    client_of_user: APIClient, user: User, inbox: list[EmailMessage]
) -> None:
    response = client_of_user.patch(PROFILE, {"email": "new@example.com"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "#/current_password"
    assert inbox == []


def test_address_of_somebody_else_is_answered_alike_and_its_owner_is_told(
    client_of_user: APIClient, user: User, inbox: list[EmailMessage]
) -> None:
    UserFactory.create(email="grace@example.com")

    answers = [
        client_of_user.patch(PROFILE, {"email": email, "current_password": PASSWORD})
        for email in ("Grace@example.com", "free@example.com")
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert [(message.to, message.subject) for message in inbox] == [
        (["Grace@example.com"], "Your address was asked for"),
        (["free@example.com"], "Verify your e-mail address"),
    ]


def test_link_to_an_address_that_was_taken_meanwhile_is_refused(
    client_of_user: APIClient, user: User, inbox: list[EmailMessage]
) -> None:
    client_of_user.patch(PROFILE, {"email": "new@example.com", "current_password": PASSWORD})
    UserFactory.create(email="new@example.com")

    response = client_of_user.post(VERIFY, {"token": token_in(inbox[0])})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_link")


def test_new_password_makes_the_link_to_a_new_address_invalid(
    client_of_user: APIClient, user: User, inbox: list[EmailMessage]
) -> None:
    """Who took over an account may have asked for her own address before the owner came back."""
    client_of_user.patch(PROFILE, {"email": "thief@example.com", "current_password": PASSWORD})
    client_of_user.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})

    assert client_of_user.post(VERIFY, {"token": token_in(inbox[0])}).status_code == 400


@pytest.mark.parametrize("address", [SIGN_UP, VERIFY, RESEND, RESET, CONFIRM])
@pytest.mark.parametrize("who", ["anonymous", "member", "staff"])
def test_open_addresses_check_the_form_whoever_sends_it(who: str, address: str, user: User) -> None:
    client = APIClient()
    if who != "anonymous":
        client.force_authenticate(UserFactory.create(is_staff=who == "staff"))

    response = client.post(address, {})

    assert (response.status_code, response.json()["code"]) == (400, "validation_error")


@pytest.mark.parametrize("address", [SIGN_UP, VERIFY, RESEND, RESET, CONFIRM])
def test_useless_token_does_not_keep_anybody_from_the_open_addresses(
    anonymous: APIClient, address: str
) -> None:
    response = anonymous.post(address, {}, headers={"Authorization": "Bearer expired"})

    assert response.status_code == 400


def test_strangers_cannot_change_a_password(anonymous: APIClient) -> None:
    response = anonymous.post(CHANGE, {"current_password": PASSWORD, "new_password": NEW_PASSWORD})

    assert response.status_code == 401
    assert response["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("settings_of_links", "start"),
    [
        ({"SITE_URL": "https://shop.example.com"}, "https://shop.example.com/account/reset-password/?token="),
        ({"FRONTEND_URL": "https://app.example.com"}, "https://app.example.com/reset-password?token="),
    ],
)
def test_links_lead_to_the_front_end_or_to_our_own_pages(
    anonymous: APIClient,
    user: User,
    inbox: list[EmailMessage],
    settings: pytest.FixtureRequest,
    settings_of_links: dict[str, str],
    start: str,
) -> None:
    for name, value in settings_of_links.items():
        setattr(settings, name, value)

    anonymous.post(RESET, {"email": user.email})

    assert link_in(inbox[0]).startswith(start)
