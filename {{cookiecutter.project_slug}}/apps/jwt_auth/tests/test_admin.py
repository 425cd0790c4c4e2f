import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.jwt_auth.models import TokenFamily
from apps.jwt_auth.tests.clients import Device, answer
from apps.users.models import User
from apps.users.tests.factories import UserFactory

LIST = "/admin/jwt_auth/tokenfamily/"


@pytest.fixture
def admin_browser(db: None) -> Client:
    browser = Client()
    browser.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return browser


def test_list_shows_who_is_signed_in_with_few_queries(
    admin_browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        Device().sign_in(UserFactory.create(email=f"device{_}@example.com"))

    with django_assert_max_num_queries(10):
        page = admin_browser.get(LIST).content.decode()

    assert "device4@example.com" in page


def test_sign_in_is_revoked_from_the_list(admin_browser: Client, user: User) -> None:
    device = Device()
    device.sign_in(user)
    family = TokenFamily.objects.get()

    admin_browser.post(LIST, {"action": "revoke", "_selected_action": [str(family.pk)]})

    assert answer(device.call()) == (401, "token_revoked")


def test_sign_in_is_neither_added_nor_changed_by_hand(admin_browser: Client, user: User) -> None:
    Device().sign_in(user)
    family = TokenFamily.objects.get()

    assert admin_browser.get(f"{LIST}add/").status_code == 403
    assert 'name="_save"' not in admin_browser.get(f"{LIST}{family.pk}/change/").content.decode()
    assert str(family).startswith(f"{user.email}, signed in at")


def test_ordinary_staff_does_not_see_it(user: User) -> None:
    browser = Client()
    browser.force_login(UserFactory.create(is_staff=True))

    assert browser.get(LIST).status_code == 403
