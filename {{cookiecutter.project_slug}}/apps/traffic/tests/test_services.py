from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings
from redis import RedisError

from apps.traffic.counters import count_request
from apps.traffic.models import SuspiciousIP
from apps.traffic.services import detect_suspicious_ips

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 21, 14, tzinfo=UTC)
NOW = START + timedelta(minutes=35)
END = START + timedelta(hours=1)
Reason = SuspiciousIP.Reason


@pytest.fixture(autouse=True)
def _two_requests_an_hour(settings: Settings) -> None:
    settings.TRAFFIC_REQUESTS_PER_HOUR = 2


def ask(address: str, *, times: int = 1, path: str = "/", now: datetime = NOW) -> None:
    for _ in range(times):
        count_request(address=address, path=path, now=now)


def flagged() -> list[tuple[str, str, int]]:
    rows = SuspiciousIP.objects.order_by("window_start", "address", "reason")
    return [(row.address, row.reason, row.requests) for row in rows]


def test_address_over_the_threshold_is_flagged_and_one_at_it_is_not() -> None:
    ask("192.0.2.1", times=2)
    ask("192.0.2.2", times=3)

    assert detect_suspicious_ips(now=NOW) == 1
    assert flagged() == [("192.0.2.2", Reason.TOO_MANY_REQUESTS, 3)]


def test_one_probe_of_a_sensitive_path_flags_its_address() -> None:
    ask("192.0.2.1", path="/wp-login.php")

    detect_suspicious_ips(now=NOW)

    assert flagged() == [("192.0.2.1", Reason.SENSITIVE_PATH, 1)]


def test_address_may_be_flagged_for_both_reasons() -> None:
    ask("2001:db8::", path="/.env", times=3)

    detect_suspicious_ips(now=NOW)

    assert flagged() == [
        ("2001:db8::", Reason.SENSITIVE_PATH, 3),
        ("2001:db8::", Reason.TOO_MANY_REQUESTS, 3),
    ]


def test_same_hour_twice_is_one_row_that_is_brought_up_to_date() -> None:
    ask("192.0.2.1", times=3)
    detect_suspicious_ips(now=NOW)
    ask("192.0.2.1", times=2)
    detect_suspicious_ips(now=NOW + timedelta(minutes=5))

    row = SuspiciousIP.objects.get()
    assert (row.requests, row.window_start) == (5, START)
    assert (row.first_seen, row.last_seen) == (NOW, NOW + timedelta(minutes=5))


def test_looking_again_at_an_hour_that_is_over_changes_nothing() -> None:
    ask("192.0.2.1", times=3)
    detect_suspicious_ips(now=END + timedelta(minutes=5))
    before = list(SuspiciousIP.objects.values())
    detect_suspicious_ips(now=END + timedelta(hours=5))

    assert list(SuspiciousIP.objects.values()) == before
    assert (before[0]["first_seen"], before[0]["last_seen"]) == (END, END)


def test_another_hour_is_another_row() -> None:
    ask("192.0.2.1", times=3)
    ask("192.0.2.1", times=4, now=END)

    detect_suspicious_ips(now=END)

    assert flagged() == [
        ("192.0.2.1", Reason.TOO_MANY_REQUESTS, 3),
        ("192.0.2.1", Reason.TOO_MANY_REQUESTS, 4),
    ]


def test_hours_without_a_worker_are_made_up_for_as_long_as_counts_are_kept(settings: Settings) -> None:
    settings.TRAFFIC_HOURS_KEPT = 3
    ask("192.0.2.1", times=3, now=NOW - timedelta(hours=3))
    ask("192.0.2.2", times=3, now=NOW - timedelta(hours=2))

    detect_suspicious_ips(now=NOW)

    assert flagged() == [("192.0.2.2", Reason.TOO_MANY_REQUESTS, 3)]


def test_flagged_addresses_are_forgotten_after_the_retention(settings: Settings) -> None:
    settings.TRAFFIC_RETENTION_DAYS = 7
    ask("192.0.2.1", times=3)
    detect_suspicious_ips(now=NOW)

    detect_suspicious_ips(now=START + timedelta(days=7))
    assert flagged() == [("192.0.2.1", Reason.TOO_MANY_REQUESTS, 3)]

    detect_suspicious_ips(now=START + timedelta(days=7, seconds=1))
    assert flagged() == []


def test_number_of_queries_does_not_grow_with_the_addresses(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(50):
        ask(f"192.0.2.{number}", path="/.env")

    # A savepoint and its release, the insert, and the deletion of old rows.
    with django_assert_num_queries(4):
        detect_suspicious_ips(now=NOW)
    assert SuspiciousIP.objects.count() == 50


def test_unreadable_counts_fail_by_name(settings: Settings) -> None:
    settings.TRAFFIC_REDIS_URL = "redis://127.0.0.1:1/0"

    with pytest.raises(RedisError):
        detect_suspicious_ips(now=NOW)
