"""core.E010 and E011: Redis as cache and as task queue, and when a broker takes tasks back."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register
from django.utils.module_loading import autodiscover_modules

from apps.core.checks.report import problem

REDIS_PORT = 6379
# When neither the queue nor the server says otherwise.
RABBITMQ_TIMEOUT_MS = 30 * 60 * 1000


@register
def check_cache_and_queue_are_apart(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    caches = {
        redis_database(str(location))
        for cache in settings.CACHES.values()
        for location in _as_list(cache.get("LOCATION", ""))
    }
    if redis_database(str(settings.CELERY_BROKER_URL)) not in caches - {None}:
        return []
    return [
        problem(
            "core.E010",
            "The cache and the task queue share one Redis database: clearing the cache empties the queue.",
            mend="Give REDIS_URL and CELERY_BROKER_URL different databases, such as /1 and /0.",
            lesson="redis-shared-by-cache-and-broker",
        )
    ]


@register
def check_tasks_end_before_they_are_given_away(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    longest, name = longest_in_hand()
    timeout, mend = takes_back_after()
    if timeout > longest:
        return []
    return [
        problem(
            "core.E011",
            f"A worker may keep {name} for {longest} s, but after {timeout} s another worker starts it too.",
            mend=mend,
            lesson="celery-delivery-guarantees",
        )
    ]


def longest_in_hand() -> tuple[float, str]:
    """How long a worker may keep a message, and that of which task: until it has ended, at the latest.

    With Redis it also waits in the worker until its time has come. RabbitMQ delivers it then. A ``countdown``
    or ``eta`` of the sender's nobody can know here: keep those short.
    """
    autodiscover_modules("tasks")
    waits = redis_database(str(settings.CELERY_BROKER_URL)) is not None
    seconds = {"a task": float(settings.CELERY_TASK_TIME_LIMIT)}
    for name, task in current_app.tasks.items():
        wait = max(task.default_retry_delay or 0, getattr(task, "retry_backoff_max", 0)) if waits else 0
        seconds[name] = wait + (task.time_limit or 0)
    return max((value, name) for name, value in seconds.items())


def takes_back_after() -> tuple[float, str]:
    """The seconds after which the broker gives a running task to another worker; how to change them."""
    if redis_database(str(settings.CELERY_BROKER_URL)) is not None:
        timeout = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("visibility_timeout", 3600)
        return timeout, "Raise CELERY_VISIBILITY_TIMEOUT, or lower time_limit and retry_backoff_max."
    arguments = [queue.queue_arguments or {} for queue in settings.CELERY_TASK_QUEUES]
    shortest = min(each.get("x-consumer-timeout", RABBITMQ_TIMEOUT_MS) for each in arguments)
    return shortest / 1000, (
        "Lower CELERY_TASK_TIME_LIMIT. Or raise CONSUMER_TIMEOUT in config/broker.py and consumer_timeout in "
        "the configuration of RabbitMQ, and delete the queues while they are empty."
    )


def redis_database(url: str) -> tuple[str, int, str] | None:
    """Return host, port and database of a Redis URL, or None for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss"):
        return None
    return parts.hostname or "", parts.port or REDIS_PORT, parts.path.strip("/") or "0"


def _as_list(location: Any) -> list[str]:
    return [location] if isinstance(location, str) else list(location)
