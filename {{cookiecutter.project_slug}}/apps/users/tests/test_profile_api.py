import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.tests.factories import PASSWORD, UserFactory

URL = "/api/v1/users/me/"
TOKEN_URL = "/api/v1/auth/token/"


@pytest.mark.django_db
def test_anonymous_visitor_is_asked_who_she_is(anonymous: APIClient) -> None:
    response = anonymous.get(URL)

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"


def test_user_reads_her_own_profile(client_of_user: APIClient, user: User) -> None:
    response = client_of_user.get(URL)

    assert response.status_code == 200
    assert response.json() == {
        "id": user.pk,
        "email": user.email,
        "name": "Ada Lovelace",
        "date_joined": user.date_joined.isoformat().replace("+00:00", "Z"),
    }


def test_token_from_the_login_opens_the_profile(anonymous: APIClient, user: User) -> None:
    login = anonymous.post(TOKEN_URL, {"username": user.email.upper(), "password": PASSWORD})
    assert login.status_code == 200
    assert login.json() == {"token": Token.objects.get(user=user).key}

    response = anonymous.get(URL, headers={"Authorization": f"Token {login.json()['token']}"})
    assert response.status_code == 200


def test_wrong_password_gets_no_token(anonymous: APIClient, user: User) -> None:
    response = anonymous.post(TOKEN_URL, {"username": user.email, "password": "guess"})

    assert response.status_code == 400
    assert Token.objects.count() == 0


@pytest.mark.django_db
def test_guessing_passwords_is_throttled(anonymous: APIClient) -> None:
    guesses = [anonymous.post(TOKEN_URL, {"username": "a@b.example", "password": "x"}) for _ in range(11)]

    assert [response.status_code for response in guesses] == [400] * 10 + [429]
    assert 0 < int(guesses[-1]["Retry-After"]) <= 60


@pytest.mark.django_db
def test_a_forged_forwarded_address_does_not_escape_the_throttle(anonymous: APIClient) -> None:
    guesses = [
        anonymous.post(
            TOKEN_URL,
            {"username": "a@b.example", "password": "x"},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
        for number in range(11)
    ]

    assert guesses[-1].status_code == 429


def test_name_is_changed(client_of_user: APIClient, user: User) -> None:
    response = client_of_user.patch(URL, {"name": "Grace Hopper"})

    assert response.status_code == 200
    assert response.json()["name"] == "Grace Hopper"
    user.refresh_from_db()
    assert user.name == "Grace Hopper"


def test_rights_cannot_be_taken_by_asking_for_them(client_of_user: APIClient, user: User) -> None:
    response = client_of_user.patch(URL, {"is_staff": True, "is_superuser": True, "id": 0})

    assert response.status_code == 200
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_address_of_somebody_else_is_refused(client_of_user: APIClient) -> None:
    UserFactory.create(email="grace@example.com")

    response = client_of_user.patch(URL, {"email": "Grace@example.com"})

    assert response.status_code == 400
    assert list(response.json()) == ["email"]


def test_session_request_needs_the_csrf_token(user: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)

    response = browser.patch(URL, {"name": "Eve"}, content_type="application/json")

    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]


def test_token_request_needs_no_csrf_token(user: User) -> None:
    app = Client(enforce_csrf_checks=True)
    key = Token.objects.create(user=user).key

    response = app.patch(
        URL, {"name": "Ada"}, content_type="application/json", headers={"Authorization": f"Token {key}"}
    )

    assert response.status_code == 200


def test_new_address_is_announced_after_the_commit(
    client_of_user: APIClient,
    user: User,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        response = client_of_user.patch(URL, {"email": "new@example.com"})

    assert response.status_code == 200
    assert len(callbacks) == 1


def test_reading_the_profile_costs_no_query_beyond_authentication(
    client_of_user: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client_of_user.get(URL)
