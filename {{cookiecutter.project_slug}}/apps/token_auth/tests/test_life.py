"""The life of a token: sign in, call, be listed, be renewed, be revoked, expire."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from knox.models import AuthToken
from rest_framework.test import APIClient

from apps.token_auth import services, tasks
from apps.token_auth.tests.conftest import SignIn
from apps.users.models import User
from apps.users.services import change_password, deactivate
from apps.users.tests.factories import PASSWORD, UserFactory

ME = "/api/v1/users/me/"
TOKENS = "/api/v1/auth/tokens/"


def test_the_token_of_a_sign_in_opens_the_api(user: User, anonymous: APIClient) -> None:
    answer = anonymous.post("/api/v1/auth/token/", {"email": user.email.upper(), "password": PASSWORD})

    assert answer.status_code == 200
    assert answer.json().keys() == {"token", "expires_at"}
    assert answer.headers["Cache-Control"] == "no-store"
    header = f"Token {answer.json()['token']}"
    assert anonymous.get(ME, HTTP_AUTHORIZATION=header).json()["email"] == user.email


def test_the_database_has_nothing_that_signs_in(user: User, anonymous: APIClient) -> None:
    answer = anonymous.post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD})
    secret = answer.json()["token"]

    row = AuthToken.objects.get()
    assert secret not in (row.digest, row.token_key)
    for kept in (row.digest, row.token_key):
        assert anonymous.get(ME, HTTP_AUTHORIZATION=f"Token {kept}").status_code == 401


def test_a_request_with_a_token_costs_one_query_to_know_who_asks(user: User, sign_in: SignIn) -> None:
    device, _other = sign_in(user), sign_in(user)

    with CaptureQueriesContext(connection) as queries:
        device.get(ME)

    assert len(queries) == 1


@pytest.mark.parametrize("wrong", ["Token", "Token a b", "Token nonsense", "Token \xff\xfe", "Token \x00"])
def test_what_is_no_token_is_answered_401_with_the_scheme(db: None, anonymous: APIClient, wrong: str) -> None:
    answer = anonymous.get(ME, HTTP_AUTHORIZATION=wrong)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Token")
    assert (answer.headers["Content-Type"], answer.json()["code"]) == (
        "application/problem+json",
        "authentication_failed",
    )


def test_no_credentials_are_answered_401_with_the_scheme(db: None, anonymous: APIClient) -> None:
    answer = anonymous.get(ME)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Token")
    assert answer.json()["code"] == "not_authenticated"


def test_a_wrong_password_gets_no_token(user: User, anonymous: APIClient) -> None:
    answer = anonymous.post("/api/v1/auth/token/", {"email": user.email, "password": "wrong"})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize("unable", [{"is_active": False}, {"email_verified_at": None}])
def test_an_account_that_may_not_sign_in_gets_no_token(
    db: None, anonymous: APIClient, unable: dict[str, object]
) -> None:
    user = UserFactory.create(**unable)

    answer = anonymous.post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD})

    assert answer.status_code in (401, 403)
    assert not AuthToken.objects.exists()


@pytest.mark.parametrize("unable", [{"is_active": False}, {"email_verified_at": None}])
def test_the_token_of_an_account_that_may_not_sign_in_any_more_is_refused(
    user: User, sign_in: SignIn, unable: dict[str, object]
) -> None:
    device = sign_in(user)

    # Past every service that would revoke the token.
    User.objects.filter(pk=user.pk).update(**unable)

    assert device.get(ME).status_code == 401


def test_signing_out_ends_this_sign_in_only(user: User, sign_in: SignIn) -> None:
    phone, laptop = sign_in(user), sign_in(user)

    assert phone.post("/api/v1/auth/sign-out/").status_code == 204

    assert phone.get(ME).status_code == 401
    assert laptop.get(ME).status_code == 200


def test_signing_out_everywhere_ends_own_sign_ins_and_nobody_elses(user: User, sign_in: SignIn) -> None:
    phone, laptop, stranger = sign_in(user), sign_in(user), sign_in(UserFactory.create())

    assert phone.post("/api/v1/auth/sign-out/all/").status_code == 204

    assert [device.get(ME).status_code for device in (phone, laptop, stranger)] == [401, 401, 200]


def test_a_session_signs_out_at_the_same_address(user: User, anonymous: APIClient) -> None:
    anonymous.login(username=user.email, password=PASSWORD)

    assert anonymous.post("/api/v1/auth/sign-out/").status_code == 204

    assert anonymous.get(ME).status_code == 401


def test_the_list_shows_own_sign_ins_and_no_secret(user: User, sign_in: SignIn) -> None:
    phone, _laptop, _stranger = sign_in(user), sign_in(user), sign_in(UserFactory.create())

    listed = phone.get(TOKENS).json()["results"]

    assert [sign_in["is_current"] for sign_in in listed].count(True) == 1
    assert len(listed) == 2
    assert listed[0].keys() == {"id", "created_at", "expires_at", "is_current"}
    secrets = [secret for row in AuthToken.objects.all() for secret in (row.token_key, row.digest)]
    assert not any(secret in str(listed) for secret in secrets)


def test_a_listed_sign_in_can_be_ended(user: User, sign_in: SignIn) -> None:
    phone, laptop = sign_in(user), sign_in(user)
    lost = next(row["id"] for row in laptop.get(TOKENS).json()["results"] if not row["is_current"])

    assert laptop.delete(f"{TOKENS}{lost}/").status_code == 204

    assert phone.get(ME).status_code == 401
    assert laptop.get(ME).status_code == 200


def test_somebody_elses_sign_in_does_not_exist_for_others(user: User, sign_in: SignIn) -> None:
    phone, stranger = sign_in(user), sign_in(UserFactory.create(is_staff=True))
    theirs = phone.get(TOKENS).json()["results"][0]["id"]

    assert stranger.delete(f"{TOKENS}{theirs}/").status_code == 404
    assert stranger.delete(f"{TOKENS}{theirs[:1]}/").status_code == 404
    assert phone.get(ME).status_code == 200


@pytest.mark.parametrize("address", ["/api/v1/auth/sign-out/", "/api/v1/auth/sign-out/all/"])
def test_nobody_signs_out_who_is_not_signed_in(db: None, anonymous: APIClient, address: str) -> None:
    assert anonymous.post(address).status_code == 401


def test_a_new_password_ends_every_sign_in(user: User, sign_in: SignIn) -> None:
    phone = sign_in(user)

    change_password(user=user, current_password=PASSWORD, new_password="a-new-and-longer-one")

    assert phone.get(ME).status_code == 401
    assert not AuthToken.objects.exists()


def test_a_deactivated_account_loses_its_tokens(user: User, sign_in: SignIn) -> None:
    sign_in(user)

    deactivate(user=user)

    assert not AuthToken.objects.exists()


def test_one_sign_in_above_the_limit_ends_the_one_idle_for_longest(user: User) -> None:
    tokens = [services.issue_token(user=user)[0] for _ in range(10)]
    services.renew_token(token=tokens[0], now=timezone.now() + timedelta(days=1))

    newest, _ = services.issue_token(user=user)

    kept = set(AuthToken.objects.all())
    assert kept == {tokens[0], *tokens[2:], newest}


def test_a_token_that_is_not_used_for_a_week_is_refused(user: User, sign_in: SignIn) -> None:
    device = sign_in(user)

    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert device.get(ME).status_code == 401


def test_use_renews_a_token_up_to_the_limit_and_no_further(user: User, sign_in: SignIn) -> None:
    start = timezone.now()
    device = sign_in(user)

    statuses = []
    for day in range(6, 97, 6):
        with time_machine.travel(start + timedelta(days=day)):
            statuses.append(device.get(ME).status_code)

    assert statuses == [200] * 15 + [401]


def test_use_within_the_hour_writes_nothing(user: User, sign_in: SignIn) -> None:
    device = sign_in(user)
    before = AuthToken.objects.get().expiry

    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        device.get(ME)
    within_the_hour = AuthToken.objects.get().expiry
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        device.get(ME)

    assert within_the_hour == before
    assert AuthToken.objects.get().expiry > before


def test_a_token_revoked_while_it_was_used_stays_revoked(user: User) -> None:
    token, _ = services.issue_token(user=user)
    used = AuthToken.objects.get()
    services.revoke_token(token=token)

    services.renew_token(token=used, now=timezone.now() + timedelta(days=1))

    assert not AuthToken.objects.exists()


def test_the_scheduled_task_deletes_expired_tokens_only(user: User) -> None:
    services.issue_token(user=user)
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        fresh, _ = services.issue_token(user=user)

    with time_machine.travel(timezone.now() + timedelta(days=8)):
        tasks.clear_expired_tokens()

    assert list(AuthToken.objects.all()) == [fresh]


def test_a_token_tells_when_it_expires(user: User, anonymous: APIClient) -> None:
    answer = anonymous.post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD}).json()

    expiry = parse_datetime(answer["expires_at"])

    assert expiry is not None
    assert timedelta(days=6, hours=23) < expiry - timezone.now() <= timedelta(days=7)


def test_guessing_is_throttled_by_account(user: User) -> None:
    attempts = [
        APIClient(REMOTE_ADDR=f"198.51.100.{number}").post(
            "/api/v1/auth/token/", {"email": user.email, "password": "wrong"}
        )
        for number in range(11)
    ]

    assert [attempt.status_code for attempt in attempts] == [401] * 10 + [429]
    assert int(attempts[-1].headers["Retry-After"]) > 0
