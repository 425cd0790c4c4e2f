"""Redis or RabbitMQ: what Celery has to be told differently, decided by the broker's address.

The scheme of ``CELERY_BROKER_URL`` chooses at run time, whatever the project was generated for: redis and
rediss, or amqp and amqps, where the ``s`` stands for TLS.
"""

import ssl
from typing import Any
from urllib.parse import urlsplit

from kombu import Exchange, Queue

RABBITMQ_SCHEMES = ("amqp", "amqps")
REDIS_SCHEMES = ("redis", "rediss")
# Kombu's own loses a message when its worker is killed just as it takes it from Redis.
REDIS_TRANSPORT = "apps.background.redis_transport:Transport"

# RabbitMQ takes a task back, and closes the worker's connection, when it was not acknowledged for so long.
# This is its own default, said here so that no server's configuration makes it shorter than a task may
# run. core.E011 compares the two. Seconds.
CONSUMER_TIMEOUT = 30 * 60
# How often RabbitMQ delivers one message before it gives up, also when the database is away in which this
# project counts deliveries itself, and gives up earlier.
DELIVERY_LIMIT = 20
# A silent peer counts as gone after one and a half of these. A worker that is being stopped is silent, so
# core.E036 keeps its grace time below.
HEARTBEAT = 60
DEAD_LETTERS = "dead_letters"


def is_rabbitmq(url: str | None) -> bool:
    return urlsplit(str(url)).scheme in RABBITMQ_SCHEMES


def tls_options(url: str | None) -> dict[str, Any] | None:
    """What makes an encrypted connection also a verified one; None where the address asks for neither."""
    match urlsplit(str(url)):
        case parts if parts.scheme == "rediss":
            return {"ssl_cert_reqs": ssl.CERT_REQUIRED}
        case parts if parts.scheme == "amqps":
            return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": parts.hostname}
    return None


def transport_options(url: str | None, *, visibility_timeout: int) -> dict[str, Any]:
    if is_rabbitmq(url):
        return {
            # Sending ends when RabbitMQ says that it has stored the message, not when it is on its way.
            "confirm_publish": True,
        }
    return {
        # Longer than any task runs, or a second worker would start it too.
        "visibility_timeout": visibility_timeout,
        # Look for abandoned tasks every ten seconds, not every hundred.
        "unacked_restore_throttle": 1,
        # An unreachable Redis must fail the request that enqueues, not hang it.
        "socket_connect_timeout": 5,
        "socket_timeout": 30,
    }


def make_queue(name: str, url: str | None) -> Queue:
    if not is_rabbitmq(url):
        return Queue(name, Exchange(name), routing_key=name)
    # Celery delays a retry inside of RabbitMQ, and that takes a topic exchange: by a direct one, the worker
    # would hold the message, until the consumer time-out takes it away.
    exchange = Exchange(name, type="topic")
    return Queue(name, exchange, routing_key=name, queue_arguments=queue_arguments())


def queue_arguments() -> dict[str, Any]:
    """How RabbitMQ keeps a queue. It refuses other arguments than those a queue was first declared with."""
    return {
        # Kept on disk, and in a cluster on several nodes: a classic queue is lost with its node.
        "x-queue-type": "quorum",
        "x-delivery-limit": DELIVERY_LIMIT,
        "x-consumer-timeout": CONSUMER_TIMEOUT * 1000,
        # A worker reads the queue behind it: apps/background/dead_letter_queue.py.
        "x-dead-letter-exchange": DEAD_LETTERS,
        # A message leaves the queue when the queue of dead letters has it; this needs the next line.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
