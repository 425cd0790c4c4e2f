"""What the scheme of the broker's address decides."""

import ssl

import pytest
from celery import current_app
from kombu import Connection
from kombu.utils.url import parse_url

from apps.background import redis_transport
from config import broker

REDIS, RABBITMQ = "redis://r.example/0", "amqp://app:x@r.example/app"


@pytest.mark.parametrize(
    ("url", "options"),
    [
        (REDIS, None),
        ("rediss://r.example/0", {"ssl_cert_reqs": ssl.CERT_REQUIRED}),
        (RABBITMQ, None),
        ("amqps://r.example/app", {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": "r.example"}),
    ],
)
def test_an_encrypted_connection_is_a_verified_one(url: str, options: dict[str, object] | None) -> None:
    assert broker.tls_options(url) == options


def test_rabbitmq_confirms_what_is_sent_and_redis_knows_no_such_thing() -> None:
    options = {url: broker.transport_options(url, visibility_timeout=60) for url in (REDIS, RABBITMQ)}

    assert options[RABBITMQ] == {"confirm_publish": True}
    assert options[REDIS]["visibility_timeout"] == 60


@pytest.mark.lesson("celery-delivery-guarantees")
@pytest.mark.parametrize("url", [REDIS, "rediss://r.example/0"])
def test_redis_is_read_by_the_transport_that_loses_nothing(url: str) -> None:
    with current_app.connection_for_read(url) as connection:
        assert connection.get_transport_cls() is redis_transport.Transport


@pytest.mark.lesson("celery-delivery-guarantees")
def test_a_queue_of_rabbitmq_is_replicated_and_keeps_what_it_gives_up() -> None:
    queue = broker.make_queue("mail", RABBITMQ)
    arguments = queue.queue_arguments or {}

    assert arguments["x-queue-type"] == "quorum"
    assert arguments["x-dead-letter-exchange"] == broker.DEAD_LETTERS
    # Celery delays retries inside of RabbitMQ only where the exchange is a topic.
    assert queue.exchange.type == "topic"


def test_a_queue_of_redis_is_plain() -> None:
    queue = broker.make_queue("mail", REDIS)

    assert (queue.name, queue.exchange.type, queue.queue_arguments) == ("mail", "direct", None)


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_an_escaped_password_arrives_whole(scheme: str) -> None:
    url = f"{scheme}://app:p%40ss%2Fw%23rd%3F100%25@r.example/0"  # pragma: allowlist secret

    assert parse_url(url)["password"] == "p@ss/w#rd?100%"  # pragma: allowlist secret
    assert Connection(url).password in ("p@ss/w#rd?100%", None)


def test_each_kind_of_task_has_a_queue() -> None:
    assert list(current_app.amqp.queues) == ["default", "mail", "reports"]
