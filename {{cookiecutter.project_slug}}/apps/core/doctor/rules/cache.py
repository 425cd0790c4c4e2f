"""The cache: remembers what it is told."""

import time
from uuid import uuid4

from django.conf import settings
from django.core.cache import cache

from apps.core.doctor.findings import Finding, error, ok
from apps.core.doctor.services import STAND_IN_HOST, not_running

LESSON = "cache-shared-backend"


def examine_cache() -> list[Finding]:
    """Write, read and delete one key."""
    if STAND_IN_HOST in str(settings.CACHES["default"].get("LOCATION", "")):
        return not_running("Redis", "REDIS_URL", lesson=LESSON)
    backend = str(settings.CACHES["default"]["BACKEND"]).rpartition(".")[2]
    key = f"doctor-{uuid4()}"
    started = time.monotonic()
    try:
        cache.set(key, "seen", timeout=10)
        answer = cache.get(key)
        cache.delete(key)
    except Exception as refusal:  # noqa: BLE001 - each backend raises errors of its own
        return error(
            f"{backend}: {refusal}",
            wrong="The cache does not work: throttling fails with it, and so does every request to the API.",
            mend="Start Redis, or correct REDIS_URL.",
            lesson=LESSON,
        )
    if answer != "seen":
        return error(
            f"{backend} returned {answer!r} for a value written a moment before",
            wrong="The cache forgets at once: throttles never count.",
            mend='Set CACHES["default"] to django.core.cache.backends.redis.RedisCache.',
            lesson=LESSON,
        )
    return ok(f"{backend} keeps what it is given, answered in {(time.monotonic() - started) * 1000:.0f} ms")
