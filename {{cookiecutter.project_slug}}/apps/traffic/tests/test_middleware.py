import socket
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from structlog.testing import capture_logs

from apps.traffic.counters import Kind, read_counts

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def silent_redis() -> Iterator[str]:
    """The address of a server that takes every connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def counted(kind: Kind = Kind.REQUESTS) -> dict[str, int]:
    """The counts of this test, even when the hour ends while it runs."""
    now = timezone.now()
    hours = (now - timedelta(hours=1), now)
    return dict(sum((Counter(read_counts(kind, hour=hour, at_least=1)) for hour in hours), Counter()))


def test_each_request_counts_whatever_its_answer(client: Client) -> None:
    statuses = [
        client.get("/api/v1/users/me/").status_code,
        client.get("/nowhere").status_code,
        client.get("/admin/", headers={"host": "evil.example"}).status_code,
    ]

    assert statuses == [401, 404, 400]
    assert counted() == {"127.0.0.1": 3}


def test_health_probes_do_not_count(client: Client) -> None:
    client.get("/health/live")

    assert counted() == {}


def test_probe_of_a_sensitive_path_is_noted(client: Client) -> None:
    assert client.get("/.env").status_code == 404
    assert counted(Kind.PROBES) == {"127.0.0.1": 1}


def test_forged_headers_do_not_spread_a_client_over_addresses(client: Client, settings: Settings) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    for number in range(5):
        client.get("/nowhere", headers={"x-forwarded-for": f"198.51.100.{number}, 203.0.113.9"})

    assert counted() == {"203.0.113.9": 5}


def test_addresses_of_one_ipv6_network_count_as_one() -> None:
    for number in range(3):
        Client(REMOTE_ADDR=f"2001:db8:1:2::{number}").get("/nowhere")

    assert counted() == {"2001:db8:1:2::": 3}


def test_request_without_an_address_is_not_counted() -> None:
    assert Client(REMOTE_ADDR="").get("/nowhere").status_code == 404
    assert counted() == {}


def test_requests_are_answered_while_redis_is_down(client: Client, settings: Settings) -> None:
    settings.TRAFFIC_REDIS_URL = NOWHERE
    with capture_logs() as logs:
        statuses = [client.get("/nowhere").status_code for _ in range(3)]

    assert statuses == [404, 404, 404]
    # Once: during the pause nobody tries.
    assert [log for log in logs if log["event"] == "requests_not_counted"] == [
        {
            "event": "requests_not_counted",
            "log_level": "warning",
            "error": "ConnectionError",
            "pause_seconds": 10,
        }
    ]


def test_one_request_waits_for_a_redis_that_hangs_and_only_for_a_moment(
    client: Client, settings: Settings, silent_redis: str
) -> None:
    settings.TRAFFIC_REDIS_URL = silent_redis
    settings.TRAFFIC_PATIENCE_SECONDS = 0.25
    started = time.monotonic()
    statuses = [client.get("/nowhere").status_code for _ in range(20)]

    assert statuses == [404] * 20
    # Twenty waits would take five seconds.
    assert time.monotonic() - started < 4


def test_counting_goes_on_after_the_pause(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.traffic.middleware.PAUSE_SECONDS", 0)
    redis_url, settings.TRAFFIC_REDIS_URL = settings.TRAFFIC_REDIS_URL, NOWHERE
    client.get("/nowhere")

    settings.TRAFFIC_REDIS_URL = redis_url
    client.get("/nowhere")

    assert counted() == {"127.0.0.1": 1}


async def ask(path: str) -> int:
    response = await AsyncClient().get(path)
    return response.status_code


def test_requests_count_under_asgi_too() -> None:
    assert async_to_sync(ask)("/.env") == 404
    assert counted(Kind.PROBES) == {"127.0.0.1": 1}
