import socket
import time

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from apps.core.health import probes

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def probe() -> Client:
    """A client that asks as a platform does: by IP address, over plain HTTP."""
    return Client(headers={"host": "10.42.0.17:8000"})


def fail() -> None:
    raise ConnectionError("postgres://app:hush@db")


def test_liveness_touches_nothing(probe: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    # Without the mark that allows database access, a query would fail the test.
    response = probe.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_readiness_names_everything_it_looked_at(probe: Client) -> None:
    response = probe.get("/health/ready")

    assert (response.status_code, response.json()) == (
        200,
        {
            "status": "ok",
            "checks": {"database": "ok", "migrations": "ok", "cache": "ok", "broker": "ok"},
        },
    )


@pytest.mark.django_db
def test_probes_answer_before_the_host_check_and_the_redirect(probe: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["shop.example.com"]

    assert probe.get("/health/live").status_code == 200
    assert probe.get("/health/ready").status_code == 200
    assert probe.get("/admin/login/").status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("name", list(probes.PROBES))
def test_readiness_names_what_failed_and_keeps_the_reason_to_itself(
    probe: Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(probes.PROBES, name, fail)

    response = probe.get("/health/ready")

    assert response.status_code == 503
    failed = [check for check, result in response.json()["checks"].items() if result == "failed"]
    assert failed == [name]
    assert "hush" not in response.text
    assert probe.get("/health/live").status_code == 200


@pytest.mark.django_db
def test_unapplied_migration_is_noticed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'users'")

    with pytest.raises(probes.PendingMigrations):
        probes.probe_migrations()


@pytest.mark.parametrize("url", [NOWHERE, "amqp://app:hush@127.0.0.1:1/app"])
def test_unreachable_broker_is_noticed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.core.health.probes.current_app.conf.broker_write_url", url)

    with pytest.raises(Exception, match="Connection refused"):
        probes.probe_broker()


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_broker_that_accepts_and_says_nothing_is_noticed_in_time(
    scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/0"
        monkeypatch.setattr("apps.core.health.probes.current_app.conf.broker_write_url", url)
        asked = time.monotonic()

        with pytest.raises(Exception, match=r"[Tt]ime"):
            probes.probe_broker()

    assert time.monotonic() - asked < 3 * probes.PROBE_SECONDS


def test_unreachable_cache_is_noticed(settings: Settings) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": NOWHERE}}

    with pytest.raises(Exception, match="Connection refused"):
        probes.probe_cache()


def test_cache_that_forgets_is_noticed(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    with pytest.raises(ConnectionError):
        probes.probe_cache()
