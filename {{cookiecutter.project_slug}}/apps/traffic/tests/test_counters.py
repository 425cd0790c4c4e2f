from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from redis import Redis

from apps.traffic import counters
from apps.traffic.counters import Kind, count_request, is_sensitive, key_of, read_counts

NOW = datetime(2026, 11, 21, 14, 35, tzinfo=UTC)


@pytest.fixture
def redis() -> Redis:
    return Redis.from_url(settings.TRAFFIC_REDIS_URL, decode_responses=True)


def ask(address: str, *, times: int = 1, path: str = "/", now: datetime = NOW) -> None:
    for _ in range(times):
        count_request(address=address, path=path, now=now)


def test_requests_are_counted_by_address_and_hour() -> None:
    ask("192.0.2.1", times=3)
    ask("2001:db8::")
    ask("192.0.2.1", now=NOW + timedelta(hours=1))

    assert read_counts(Kind.REQUESTS, hour=NOW, at_least=1) == {"192.0.2.1": 3, "2001:db8::": 1}
    assert read_counts(Kind.REQUESTS, hour=NOW, at_least=3) == {"192.0.2.1": 3}
    assert read_counts(Kind.REQUESTS, hour=NOW, at_least=4) == {}


def test_the_hour_is_the_same_in_every_time_zone() -> None:
    ask("192.0.2.1", now=NOW.astimezone())

    assert read_counts(Kind.REQUESTS, hour=NOW, at_least=1) == {"192.0.2.1": 1}


def test_only_sensitive_paths_are_probes() -> None:
    ask("192.0.2.1", path="/api/v1/users/me/")
    ask("192.0.2.2", path="/.env", times=2)

    assert read_counts(Kind.PROBES, hour=NOW, at_least=1) == {"192.0.2.2": 2}
    assert read_counts(Kind.REQUESTS, hour=NOW, at_least=1) == {"192.0.2.1": 1, "192.0.2.2": 2}


@pytest.mark.parametrize(
    "path",
    ["/.env", "//.env", "/api/.env.production", "/.git/config", "/WP-Login.php", "/phpMyAdmin/index.php"],
)
def test_sensitive_paths_are_found_wherever_they_stand(path: str) -> None:
    assert is_sensitive(path)


@pytest.mark.parametrize("path", ["/", "/environment", "/.well-known/security.txt", "/admin/login/"])
def test_paths_of_this_site_are_not_sensitive(path: str) -> None:
    assert not is_sensitive(path)


def test_counts_expire_by_themselves(redis: Redis) -> None:
    ask("192.0.2.1", path="/.env")

    lifetimes = [redis.ttl(key_of(kind, hour=NOW)) for kind in Kind]
    assert [24 * 60 * 60 - 60 < seconds <= 24 * 60 * 60 for seconds in lifetimes] == [True, True]


def test_invented_addresses_push_out_the_least_busy_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "MOST_ADDRESSES", 2)
    ask("192.0.2.1", times=2)
    ask("192.0.2.2", times=3)
    ask("192.0.2.3")

    assert read_counts(Kind.REQUESTS, hour=NOW, at_least=1) == {"192.0.2.1": 2, "192.0.2.2": 3}
