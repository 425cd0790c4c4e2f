"""``/metrics``: who may read it, and what it says."""

import re
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import yaml
from celery import current_app
from django.test import Client
from django.utils import timezone
from kombu import Connection
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.fixtures import Settings

from apps.background import metrics
from apps.background.models import DeadLetter, OutboxMessage
from apps.core import queue

TOKEN = "a-token-of-the-tests-0123456789-0123456789"  # pragma: allowlist secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def monitor(settings: Settings) -> Client:
    """A monitoring system that knows the token."""
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.fixture(autouse=True)
def _empty_queues() -> None:
    with current_app.connection_for_write() as connection:
        for declared in current_app.amqp.queues.values():
            bound = declared(connection.default_channel)
            bound.declare()
            bound.purge()


def ages(**seconds: float) -> dict[str, float]:
    """These, as far as the broker tells the age of a message."""
    return seconds if str(current_app.conf.broker_url).startswith("redis") else {}


def read(monitor: Client) -> dict[str, dict[str, float]]:
    """The numbers, by metric and label, as Prometheus understands them."""
    response = monitor.get("/metrics")
    assert response.status_code == 200
    families = text_string_to_metric_families(response.content.decode())
    return {
        family.name: {"".join(sample.labels.values()): sample.value for sample in family.samples}
        for family in families
    }


@pytest.mark.parametrize("given", ["", "Bearer wrong", f"Token {TOKEN}", TOKEN])
def test_metrics_are_not_public(given: str, settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN

    response = Client(headers={"Authorization": given}).get("/metrics")

    assert (response.status_code, response["WWW-Authenticate"], response.content) == (
        401,
        'Bearer realm="metrics"',
        b"",
    )


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer None"])
def test_without_a_token_in_the_environment_there_is_no_page(given: str, settings: Settings) -> None:
    settings.METRICS_TOKEN = None

    assert Client(headers={"Authorization": given}).get("/metrics").status_code == 404


def test_metrics_tell_that_all_is_well(monitor: Client) -> None:
    assert read(monitor) == {
        "celery_broker_up": {"": 1},
        "celery_queue_length": {"default": 0, "mail": 0, "reports": 0},
        "celery_queue_oldest_seconds": ages(default=0, mail=0, reports=0),
        "celery_workers": {"": 0},
        "celery_outbox_length": {"": 0},
        "celery_outbox_oldest_seconds": {"": 0},
        "celery_dead_letters": dict.fromkeys(DeadLetter.Reason.values, 0),
    }


def test_metrics_tell_what_waits_and_for_how_long(monitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    for age in (90, 30):
        monkeypatch.setattr("apps.background.stamps.time.time", lambda age=age: now - age)
        queue.send("users.send_account_exists", kwargs={"email": "ada@example.com"})
    monkeypatch.setattr("apps.background.stamps.time.time", lambda: now)

    numbers = read(monitor)

    assert numbers["celery_queue_length"] == {"default": 0, "mail": 2, "reports": 0}
    assert numbers["celery_queue_oldest_seconds"] == ages(default=0, mail=90, reports=0)


def test_age_is_left_out_where_the_broker_does_not_tell_it(
    monitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(current_app, "connection_for_read", lambda: Connection("memory://"))

    assert read(monitor)["celery_queue_oldest_seconds"] == {}


def test_metrics_count_what_came_to_nothing_until_it_is_sent_again(monitor: Client) -> None:
    for sent_again_at in (None, None, timezone.now()):
        DeadLetter.objects.create(
            task_id=str(uuid4()), reason=DeadLetter.Reason.FAILED, body="[]", sent_again_at=sent_again_at
        )
    OutboxMessage.objects.create(task_name="a", created_at=timezone.now() - timedelta(minutes=5))
    OutboxMessage.objects.create(task_name="b")

    numbers = read(monitor)

    assert numbers["celery_dead_letters"]["failed"] == 2
    assert numbers["celery_outbox_length"] == {"": 2}
    assert 300 <= numbers["celery_outbox_oldest_seconds"][""] < 310


def test_workers_are_counted(monitor: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[dict[str, Any]] = [{"celery@one": {"ok": "pong"}}, {"celery@two": {"ok": "pong"}}]
    monkeypatch.setattr(current_app.control, "ping", lambda **_options: answers)

    assert read(monitor)["celery_workers"] == {"": 2}


def test_broker_that_is_away_is_told_and_hides_nothing_else(
    monitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(metrics, "probe_broker", refuse)

    numbers = read(monitor)

    assert numbers["celery_broker_up"] == {"": 0}
    assert "celery_queue_length" not in numbers
    assert "celery_dead_letters" in numbers


def test_alerts_of_the_operations_page_ask_for_metrics_that_exist(
    monitor: Client, settings: Settings
) -> None:
    page = (settings.PROJECT_DIR / "docs" / "operations.md").read_text(encoding="utf-8")
    [rules] = re.findall(r"```yaml\n(groups:.*?)```", page, flags=re.DOTALL)
    alerts = [rule for group in yaml.safe_load(rules)["groups"] for rule in group["rules"]]

    asked = {name for alert in alerts for name in re.findall(r"celery_\w+", alert["expr"])}

    assert asked == set(read(monitor))
    assert all(alert["annotations"]["summary"] and alert["for"] for alert in alerts)
