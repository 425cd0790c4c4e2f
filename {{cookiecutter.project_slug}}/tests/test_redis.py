"""The cache and the task queue live on one server, and must not meet there."""

import pytest
from celery import current_app
from django.core.cache import cache


@pytest.mark.lesson("redis-shared-by-cache-and-broker")
def test_clearing_the_cache_leaves_the_queue_alone() -> None:
    with current_app.connection_for_write() as connection:
        queue = connection.SimpleQueue("test_redis")
        queue.put({"task": "expensive"})

        cache.clear()

        # Raises Empty when the message went with the cache.
        assert queue.get_nowait().payload == {"task": "expensive"}
        queue.clear()
        queue.close()
