import socket

import pytest
import redis

from devtools import ports, redis_server
from devtools.errors import DevtoolsError
from devtools.homes import Home


def test_the_message_tells_how_to_get_redis_when_there_is_none(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(redis_server, "find_bundled", lambda: None)

    with pytest.raises(DevtoolsError) as caught:
        redis_server.start(home)

    assert str(caught.value) == redis_server.MISSING
    assert "sudo apt-get install redis-server" in redis_server.MISSING
    assert "brew install redis" in redis_server.MISSING
    assert "docker run" in redis_server.MISSING
    assert "REDIS_URL=redis://127.0.0.1:6379/1" in redis_server.MISSING


def test_another_port_is_used_when_the_preferred_one_is_taken(home_for_redis: Home) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as squatter:
        service = redis_server.start(home_for_redis, port=squatter.getsockname()[1])

        assert service.port != squatter.getsockname()[1]
        assert service.variables["REDIS_URL"] == f"redis://127.0.0.1:{service.port}/1"
        assert service.variables["CELERY_BROKER_URL"] == f"redis://127.0.0.1:{service.port}/0"


def test_a_port_that_is_lost_in_the_last_moment_is_given_up(
    home_for_redis: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as squatter:
        taken = squatter.getsockname()[1]
        free = ports.any_free_port()
        monkeypatch.setattr(ports, "candidates", lambda _preferred: iter([taken, free]))

        assert redis_server.start(home_for_redis).port == free


def test_queued_tasks_survive_a_restart(home_for_redis: Home) -> None:
    first = redis_server.start(home_for_redis, port=None)
    with redis.Redis.from_url(first.variables["CELERY_BROKER_URL"]) as client:
        client.rpush("default", "a task")
    redis_server.stop(home_for_redis)

    second = redis_server.start(home_for_redis, port=None)

    assert first.process.find() is None
    with redis.Redis.from_url(second.variables["CELERY_BROKER_URL"]) as client:
        assert client.lrange("default", 0, -1) == [b"a task"]
