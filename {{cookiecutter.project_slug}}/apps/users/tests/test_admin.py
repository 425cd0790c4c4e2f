from collections.abc import Iterator

import pytest
from django.test import Client

from apps.users.models import User
from apps.users.signals import credentials_changed
from apps.users.tests.factories import UserFactory


@pytest.fixture
def admin_browser(db: None) -> Client:
    browser = Client()
    browser.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return browser


@pytest.fixture
def announced() -> Iterator[list[User]]:
    """Whose credentials were announced as changed."""
    users: list[User] = []

    def remember(sender: object, user: User, **_kwargs: object) -> None:
        users.append(user)

    credentials_changed.connect(remember)
    yield users
    credentials_changed.disconnect(remember)


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
    user = User.objects.get(email="new@example.com")
    assert (user.check_password("a-long-enough-password"), user.may_sign_in) == (True, True)


def test_deactivating_an_account_is_announced(
    admin_browser: Client, user: User, announced: list[User]
) -> None:
    response = admin_browser.post(
        f"/admin/users/user/{user.pk}/change/", {"email": user.email, "name": user.name}
    )

    assert response.status_code == 302
    assert announced == [user]
    user.refresh_from_db()
    assert user.is_active is False


def test_password_set_by_an_administrator_is_announced(
    admin_browser: Client, user: User, announced: list[User]
) -> None:
    passwords = {"password1": "a-new-long-password", "password2": "a-new-long-password"}
    response = admin_browser.post(f"/admin/users/user/{user.pk}/password/", passwords)

    assert response.status_code == 302
    assert announced == [user]


def test_ordinary_user_is_sent_to_the_login(user: User) -> None:
    browser = Client()
    browser.force_login(user)

    assert browser.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
