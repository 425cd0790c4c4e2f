"""Guessing is slowed down, whoever guesses and from wherever."""

import pytest
from rest_framework.test import APIClient

from apps.jwt_auth.tests.clients import TOKEN, Device, answer
from apps.users.models import User

pytestmark = pytest.mark.django_db


def test_guessing_one_account_from_many_addresses_is_refused_even_with_the_right_password(
    user: User,
) -> None:
    for number in range(10):
        guesser = APIClient(REMOTE_ADDR=f"203.0.113.{number}")
        assert guesser.post(TOKEN, {"email": user.email, "password": "guess"}).status_code == 401

    response = Device().sign_in(user)

    assert answer(response) == (429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 120


def test_trying_many_accounts_from_one_address_is_refused(anonymous: APIClient) -> None:
    statuses = [
        anonymous.post(TOKEN, {"email": f"person{number}@example.com", "password": "guess"}).status_code
        for number in range(11)
    ]

    assert statuses == [401] * 10 + [429]


def test_unknown_account_is_throttled_like_a_known_one(user: User) -> None:
    def statuses(email: str, network: str) -> list[int]:
        return [
            APIClient(REMOTE_ADDR=f"{network}.{number}")
            .post(TOKEN, {"email": email, "password": "guess"})
            .status_code
            for number in range(11)
        ]

    assert statuses(user.email, "203.0.113") == statuses("nobody@example.com", "198.51.100")


def test_forged_forwarded_address_does_not_escape_the_throttle(anonymous: APIClient) -> None:
    statuses = [
        anonymous.post(
            TOKEN,
            {"email": f"person{number}@example.com", "password": "guess"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        ).status_code
        for number in range(11)
    ]

    assert statuses[-1] == 429


def test_password_cannot_be_guessed_with_a_stolen_token(user: User) -> None:
    thief = Device()
    thief.sign_in(user)
    guesses = {"current_password": "guess", "new_password": "a-long-enough-password"}

    statuses = [thief.call("POST", "/api/v1/auth/password/change/", guesses).status_code for _ in range(12)]
    by_profile = thief.call("PATCH", data={"email": "thief@example.com", "current_password": "guess"})

    assert statuses[-1] == 429
    assert by_profile.status_code == 429
