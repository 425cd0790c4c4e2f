"""The life of tokens: each way in which one ends has a status and a code of its own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import jwt
import pytest
import time_machine
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from apps.jwt_auth.models import TokenFamily
from apps.jwt_auth.tasks import clear_expired_families
from apps.jwt_auth.tests.clients import PROFILE, REFRESH, TOKEN, Device, answer
from apps.users import services
from apps.users.models import User
from apps.users.tests.factories import PASSWORD, UserFactory
from apps.users.tests.links import token_in

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a-new-and-much-longer-password"
lesson = pytest.mark.lesson("jwt-lifecycle")


@pytest.fixture
def device(user: User) -> Device:
    """Signed in as ``user``."""
    device = Device()
    assert device.sign_in(user).status_code == 200
    return device


def test_address_and_password_open_the_api(user: User) -> None:
    device = Device()

    response = device.client.post(TOKEN, {"email": user.email.upper(), "password": PASSWORD})

    assert (response.status_code, sorted(response.json())) == (200, ["access", "refresh"])
    device.access = response.json()["access"]
    assert device.call().json()["id"] == user.pk
    user.refresh_from_db()
    assert user.last_login is not None


def test_wrong_password_unknown_address_and_inactive_account_are_one_answer(user: User) -> None:
    inactive = UserFactory.create(is_active=False)
    attempts = [(user.email, "guess"), ("nobody@example.com", "guess"), (inactive.email, PASSWORD)]

    answers = [APIClient().post(TOKEN, {"email": email, "password": word}) for email, word in attempts]

    bodies = [{**response.json(), "request_id": ""} for response in answers]
    assert bodies == [bodies[0]] * 3
    assert answer(answers[0]) == (401, "invalid_credentials")
    assert {response["WWW-Authenticate"] for response in answers} == {'Bearer realm="api"'}


def test_only_the_right_password_learns_that_the_address_is_not_verified() -> None:
    unverified = UserFactory.create(email_verified_at=None)

    assert answer(Device().sign_in(unverified, "guess")) == (401, "invalid_credentials")
    assert answer(Device().sign_in(unverified)) == (403, "email_not_verified")


def test_whole_life_of_an_account(anonymous: APIClient, inbox: list[EmailMessage]) -> None:
    anonymous.post("/api/v1/auth/sign-up/", {"email": "ada@example.com", "password": PASSWORD})
    user = User.objects.get()
    device = Device()
    assert device.sign_in(user).status_code == 403

    anonymous.post("/api/v1/auth/verify-email/", {"token": token_in(inbox[0])})
    assert device.sign_in(user).status_code == 200
    assert device.call().json()["email"] == "ada@example.com"
    assert device.renew().status_code == 200
    assert device.sign_out().status_code == 204

    assert answer(device.call()) == (401, "token_revoked")
    assert answer(device.renew()) == (401, "token_revoked")


@lesson
def test_access_token_expires_within_minutes_and_refreshing_helps(user: User) -> None:
    with time_machine.travel("2030-01-01 12:00Z", tick=False) as clock:
        device = Device()
        device.sign_in(user)
        clock.shift(timedelta(minutes=15))

        assert answer(device.call()) == (401, "token_expired")
        assert device.renew().status_code == 200
        assert device.call().status_code == 200


@lesson
def test_refresh_token_opens_nothing_and_access_token_renews_nothing(device: Device) -> None:
    swapped = Device(access=device.refresh, refresh=device.access)

    assert answer(swapped.call()) == (401, "token_wrong_type")
    assert answer(swapped.renew()) == (401, "token_wrong_type")


@lesson
def test_refresh_token_that_is_used_again_ends_the_sign_in_for_everybody(device: Device) -> None:
    thief = Device(refresh=device.refresh)
    device.renew()

    assert answer(thief.renew()) == (401, "token_reused")
    assert answer(device.call()) == (401, "token_revoked")
    assert answer(device.renew()) == (401, "token_revoked")


@lesson
def test_signing_out_counts_at_once_and_for_this_device_only(device: Device, user: User) -> None:
    phone = Device()
    phone.sign_in(user)

    assert device.sign_out().status_code == 204

    assert answer(device.call()) == (401, "token_revoked")
    assert phone.call().status_code == 200


@lesson
def test_new_password_signs_out_every_device_at_once(device: Device, user: User) -> None:
    passwords = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}

    assert device.call("POST", "/api/v1/auth/password/change/", passwords).status_code == 204

    assert answer(device.call()) == (401, "token_revoked")
    assert answer(device.renew()) == (401, "token_revoked")
    assert device.sign_in(user, NEW_PASSWORD).status_code == 200


@lesson
def test_deactivated_account_is_out_at_once(device: Device, user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert answer(device.call()) == (401, "token_revoked")
    assert answer(device.renew()) == (401, "token_revoked")


def test_account_that_is_active_again_does_not_wake_old_tokens(device: Device, user: User) -> None:
    services.deactivate(user=user)
    User.objects.filter(pk=user.pk).update(is_active=True)

    assert answer(device.call()) == (401, "token_revoked")


def test_refresh_token_expires_when_nobody_comes_back(user: User) -> None:
    with time_machine.travel("2030-01-01 12:00Z", tick=False) as clock:
        device = Device()
        device.sign_in(user)
        clock.shift(timedelta(days=13))
        assert device.renew().status_code == 200
        clock.shift(timedelta(days=13))
        assert device.renew().status_code == 200
        clock.shift(timedelta(days=15))

        assert answer(device.renew()) == (401, "token_expired")


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer forged", "Bearer ä"])
def test_malformed_header_is_refused_with_the_scheme(anonymous: APIClient, header: str) -> None:
    response = anonymous.get(PROFILE, headers={"Authorization": header})

    assert answer(response) == (401, "token_invalid")
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_name_of_the_scheme_may_be_written_in_any_case(device: Device) -> None:
    response = device.client.get(PROFILE, headers={"Authorization": f"bearer {device.access}"})

    assert response.status_code == 200


@pytest.mark.parametrize("changes", [{"alg": "none"}, {"key": "another-key-" * 5}, {"family": None}])
def test_forged_token_is_refused(device: Device, settings: Settings, changes: dict[str, str | None]) -> None:
    claims = jwt.decode(device.access, options={"verify_signature": False})
    if "family" in changes:
        del claims["family"]
    key = changes.get("key") or settings.SIMPLE_JWT["SIGNING_KEY"]
    algorithm = changes.get("alg") or "HS256"
    device.access = jwt.encode(claims, "" if algorithm == "none" else key, algorithm=algorithm)

    assert answer(device.call()) == (401, "token_invalid")


def test_what_an_earlier_key_signed_is_accepted_while_it_is_listed(
    device: Device, settings: Settings
) -> None:
    earlier = settings.SIMPLE_JWT["SIGNING_KEY"]
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "SIGNING_KEY": "the-next-key-" * 5}

    assert answer(device.call()) == (401, "token_invalid")
    settings.JWT_SIGNING_KEY_FALLBACKS = [earlier]
    assert device.call().status_code == 200
    assert device.renew().status_code == 200
    settings.JWT_SIGNING_KEY_FALLBACKS = []
    assert device.call().status_code == 200


def test_expired_token_of_an_earlier_key_is_expired_not_forged(user: User, settings: Settings) -> None:
    with time_machine.travel("2030-01-01 12:00Z", tick=False) as clock:
        device = Device()
        device.sign_in(user)
        settings.JWT_SIGNING_KEY_FALLBACKS = [settings.SIMPLE_JWT["SIGNING_KEY"]]
        settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "SIGNING_KEY": "the-next-key-" * 5}
        clock.shift(timedelta(minutes=6))

        assert answer(device.call()) == (401, "token_expired")


def test_new_secret_key_signs_nobody_out(device: Device, settings: Settings) -> None:
    settings.SECRET_KEY = "quite-another-secret-key-" * 3

    assert device.call().status_code == 200


def test_token_costs_one_query(device: Device, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        device.call()


def test_token_request_needs_no_csrf_token(device: Device) -> None:
    app = Client(enforce_csrf_checks=True)

    response = app.patch(
        PROFILE,
        {"name": "Ada"},
        content_type="application/json",
        headers={"Authorization": f"Bearer {device.access}"},
    )

    assert response.status_code == 200


def test_session_can_sign_out_too(user: User) -> None:
    browser = APIClient()
    browser.force_login(user)

    assert browser.post("/api/v1/auth/sign-out/").status_code == 204
    assert browser.get(PROFILE).status_code == 401


def test_stranger_has_nothing_to_sign_out_of(anonymous: APIClient) -> None:
    assert answer(anonymous.post("/api/v1/auth/sign-out/")) == (401, "not_authenticated")


def test_somebody_elses_sign_out_leaves_me_alone(device: Device) -> None:
    for other in (UserFactory.create(), UserFactory.create(is_staff=True)):
        elsewhere = Device()
        elsewhere.sign_in(other)
        elsewhere.sign_out()

    assert device.call().status_code == 200


def test_expired_families_are_cleared_and_the_others_kept(user: User) -> None:
    with time_machine.travel("2030-01-01 12:00Z", tick=False) as clock:
        Device().sign_in(user)
        clock.shift(timedelta(days=10))
        Device().sign_in(user)
        clock.shift(timedelta(days=5))

        clear_expired_families()

    assert [f"{family.created_at:%d}" for family in TokenFamily.objects.all()] == ["11"]


@pytest.mark.django_db(transaction=True)
@lesson
def test_of_ten_refreshes_at_once_with_the_same_token_one_succeeds(user: User) -> None:
    first = Device()
    first.sign_in(user)

    def renew(_: int) -> int:
        try:
            status: int = APIClient().post(REFRESH, {"refresh": first.refresh}).status_code
        finally:
            connection.close()
        return status

    with ThreadPoolExecutor(10) as crowd:
        statuses = sorted(crowd.map(renew, range(10)))

    assert statuses == [200, *[401] * 9]
    assert TokenFamily.objects.filter(revoked_at=None).count() == 0
