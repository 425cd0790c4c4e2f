from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from apps.traffic.models import SuspiciousIP
from apps.traffic.tests.factories import SuspiciousIPFactory
from apps.users.models import User
from apps.users.tests.factories import UserFactory

PAGE = "/admin/traffic/suspiciousip/"


@pytest.fixture
def admin_browser(db: None) -> Client:
    browser = Client()
    browser.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return browser


def shown(browser: Client, query: str = "") -> list[str]:
    """The addresses that the list shows."""
    response = browser.get(f"{PAGE}{query}")
    assert response.status_code == 200
    return sorted(row.network for row in response.context["cl"].result_list)


def test_list_shows_an_ipv6_address_as_its_network(admin_browser: Client) -> None:
    SuspiciousIPFactory.create(address="2001:db8:1:2::")
    SuspiciousIPFactory.create(address="192.0.2.1")

    assert shown(admin_browser) == ["192.0.2.1", "2001:db8:1:2::/64"]
    assert b"2001:db8:1:2::/64" in admin_browser.get(PAGE).content


@pytest.mark.parametrize(
    "query",
    [
        "?q=203.0.113",
        "?reason=too_many_requests",
        "?window_start__year=2025",
        "?window_start__gte=2025-01-01+00:00:00%2B00:00&window_start__lt=2026-01-01+00:00:00%2B00:00",
    ],
)
def test_list_is_searched_and_filtered(admin_browser: Client, query: str) -> None:
    SuspiciousIPFactory.create(address="192.0.2.1")
    SuspiciousIPFactory.create(
        address="203.0.113.9",
        reason=SuspiciousIP.Reason.TOO_MANY_REQUESTS,
        window_start=datetime(2025, 11, 21, 14, tzinfo=UTC),
    )

    assert shown(admin_browser, query) == ["203.0.113.9"]


def test_chosen_rows_are_exported_as_csv(admin_browser: Client) -> None:
    chosen = SuspiciousIPFactory.create(address="2001:db8:1:2::")
    SuspiciousIPFactory.create()

    response = admin_browser.post(PAGE, {"action": "export_as_csv", "_selected_action": [chosen.pk]})

    assert b"".join(response).decode("utf-8-sig").splitlines() == [
        "address,reason,requests,window_start,first_seen,last_seen",
        "2001:db8:1:2::,sensitive_path,7,"
        "2026-11-21 14:00:00+00:00,2026-11-21 15:00:00+00:00,2026-11-21 15:00:00+00:00",
    ]


def test_number_of_queries_does_not_grow_with_the_rows(
    admin_browser: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    SuspiciousIPFactory.create_batch(100)

    with django_assert_max_num_queries(8):
        assert len(shown(admin_browser)) == 100


def test_rows_can_be_deleted_and_not_changed(admin_browser: Client) -> None:
    row = SuspiciousIPFactory.create()
    change = f"{PAGE}{row.pk}/change/"

    assert admin_browser.get(change).status_code == 200
    assert admin_browser.post(change, {"requests": 1}).status_code == 403
    assert admin_browser.get(f"{PAGE}add/").status_code == 403
    assert admin_browser.post(f"{PAGE}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert SuspiciousIP.objects.count() == 0


def test_ordinary_user_is_sent_to_the_login(user: User) -> None:
    browser = Client()
    browser.force_login(user)

    assert browser.get(PAGE)["Location"] == f"/admin/login/?next={PAGE}"
