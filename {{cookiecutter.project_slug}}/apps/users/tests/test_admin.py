import pytest
from django.test import Client

from apps.users.models import User
from apps.users.tests.factories import UserFactory


@pytest.fixture
def admin_browser(db: None) -> Client:
    browser = Client()
    browser.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return browser


@pytest.mark.parametrize("page", ["", "add/"])
def test_admin_shows_users(admin_browser: Client, page: str) -> None:
    assert admin_browser.get(f"/admin/users/user/{page}").status_code == 200


def test_admin_shows_one_user(admin_browser: Client, user: User) -> None:
    assert admin_browser.get(f"/admin/users/user/{user.pk}/change/").status_code == 200


def test_admin_adds_a_user_who_can_sign_in(admin_browser: Client) -> None:
    response = admin_browser.post(
        "/admin/users/user/add/",
        {
            "email": "New@Example.com",
            "usable_password": "true",
            "password1": "a-long-enough-password",
            "password2": "a-long-enough-password",
        },
    )

    assert response.status_code == 302
    assert User.objects.get(email="new@example.com").check_password("a-long-enough-password")


def test_ordinary_user_is_sent_to_the_login(user: User) -> None:
    browser = Client()
    browser.force_login(user)

    assert browser.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
