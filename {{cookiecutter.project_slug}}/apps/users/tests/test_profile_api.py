import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.users.models import User
from apps.users.tests.factories import UserFactory

URL = "/api/v1/users/me/"


@pytest.mark.django_db
def test_anonymous_visitor_is_asked_who_she_is(anonymous: APIClient) -> None:
    response = anonymous.get(URL)

    assert response.status_code == 401
    assert response["WWW-Authenticate"]


def test_user_reads_her_own_profile(client_of_user: APIClient, user: User) -> None:
    response = client_of_user.get(URL)

    assert response.status_code == 200
    assert response.json() == {
        "id": user.pk,
        "email": user.email,
        "name": "Ada Lovelace",
        "date_joined": user.date_joined.isoformat().replace("+00:00", "Z"),
    }


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


def test_staff_reads_her_own_profile_not_that_of_others(user: User) -> None:
    staff = UserFactory.create(is_staff=True)
    client = APIClient()
    client.force_authenticate(staff)

    assert client.get(URL).json()["id"] == staff.pk


@pytest.mark.parametrize("change", [{"is_active": False}, {"email_verified_at": None}])
def test_session_of_an_account_that_may_not_sign_in_ends(user: User, change: dict[str, object]) -> None:
    browser = Client()
    browser.force_login(user)
    User.objects.filter(pk=user.pk).update(**change)

    assert browser.get(URL).status_code == 401


def test_session_request_needs_the_csrf_token(user: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)

    response = browser.patch(URL, {"name": "Eve"}, content_type="application/json")

    assert response.status_code == 403
    assert "CSRF" in response.json()["detail"]


def test_reading_the_profile_costs_no_query_beyond_authentication(
    client_of_user: APIClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        client_of_user.get(URL)
