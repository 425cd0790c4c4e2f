"""Counts of requests in Redis: a sorted set for each hour and kind, in which addresses have scores.

A request costs one round trip and no row, and the busiest addresses of an hour are one query away.
Each set expires by itself, and has an upper limit, whoever invents addresses.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.db import models
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

READING_SECONDS = 5
# About ten megabytes for each set.
MOST_ADDRESSES = 100_000


class Kind(models.TextChoices):
    REQUESTS = "requests"
    PROBES = "probes"


def count_request(*, address: str, path: str, now: datetime) -> None:
    """Count a request of ``address``, and as a probe where the path is a sensitive one.

    Raises:
        redis.RedisError: Redis is down or slow; nothing was waited for longer than a moment.
    """
    kinds = [Kind.REQUESTS, Kind.PROBES] if is_sensitive(path) else [Kind.REQUESTS]
    client = connect(settings.TRAFFIC_REDIS_URL, settings.TRAFFIC_PATIENCE_SECONDS)
    with client.pipeline(transaction=False) as pipeline:
        for kind in kinds:
            key = key_of(kind, hour=now)
            pipeline.zincrby(key, 1, address)
            # The least busy addresses make room.
            pipeline.zremrangebyrank(key, 0, -MOST_ADDRESSES - 1)
            pipeline.expire(key, settings.TRAFFIC_HOURS_KEPT * 60 * 60)
        pipeline.execute()


def read_counts(kind: Kind, *, hour: datetime, at_least: int) -> dict[str, int]:
    """Return the addresses with that many requests or more in the hour, with their numbers."""
    client = connect(settings.TRAFFIC_REDIS_URL, READING_SECONDS)
    found: Any = client.zrangebyscore(key_of(kind, hour=hour), at_least, "+inf", withscores=True)
    return {str(address): int(score) for address, score in found}


def is_sensitive(path: str) -> bool:
    path = path.lower()
    return any(part in path for part in settings.TRAFFIC_SENSITIVE_PATHS)


def key_of(kind: Kind, *, hour: datetime) -> str:
    return f"{settings.TRAFFIC_KEY_PREFIX}{kind}:{hour.astimezone(UTC):%Y-%m-%dT%H}"


@cache
def connect(url: str, seconds: float) -> Redis:
    """Return a client with a pool of connections; it connects when it is used."""
    return Redis.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=seconds,
        socket_timeout=seconds,
        # The library would try ten times more, and take seconds over it.
        retry=Retry(NoBackoff(), 0),
    )
