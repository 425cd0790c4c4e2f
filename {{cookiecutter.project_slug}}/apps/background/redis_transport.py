"""Celery's transport for Redis, save that a message is taken from its queue and noted down in one step.

Kombu's own takes a message with BRPOP, and then notes with a second command that nobody has acknowledged it
yet. A worker that is killed in between loses it for ever, because only what is noted is given out again.
Here a script does both. Scripts cannot wait, so a worker that has found nothing waits for a bell, which
whoever sends rings; when a bell was lost, it looks again after a second.

``config/celery.py`` names this one for the schemes of Redis. Workers and senders with kombu's may use the
same queues.
"""

from collections.abc import Iterable
from contextlib import suppress
from queue import Empty
from time import monotonic, time
from typing import Any

from kombu.transport import redis

# Its type stubs leave out what is private.
kombu_redis: Any = redis
# A bell tells idle workers of this very moment; those that are busy look without one.
BELL_RINGS_SECONDS = 10
WITH_ACK, WITHOUT_ACK = "with ack", "without ack"

# The keys: of what is noted, as kombu's QoS.append writes it, and then the lists to look at. The arguments:
# the time, and for each list whether its messages are to be noted. The answer is that of BRPOP. A message
# leaves its list last: the commands before are refused when Redis has no memory left.
TAKE = """
local function read(item)
    local properties = cjson.decode(item).properties
    local delivery = properties.delivery_info
    local place = cjson.encode(delivery.exchange) .. ',' .. cjson.encode(delivery.routing_key)
    return {properties.delivery_tag, '[' .. item .. ',' .. place .. ']'}
end
for position = 3, #KEYS do
    local item = redis.call('LINDEX', KEYS[position], -1)
    if item then
        local is_message, note = pcall(read, item)
        if is_message and ARGV[position - 1] == 'with ack' then
            redis.call('ZADD', KEYS[2], ARGV[1], note[1])
            redis.call('HSET', KEYS[1], note[1], note[2])
        end
        redis.call('RPOP', KEYS[position])
        return {KEYS[position], item}
    end
end
return false
"""


class Channel(kombu_redis.Channel):  # type: ignore[misc]
    """Takes messages one by one, as kombu's does, and rings a bell for each that it sends."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._without_ack: set[str] = set()
        # The last look at the queues has found nothing.
        self._is_idle = False

    def basic_consume(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        (self._without_ack.add if no_ack else self._without_ack.discard)(queue)
        return super().basic_consume(queue, no_ack=no_ack, **kwargs)

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        super()._put(queue, message, **kwargs)
        # The message is sent: whoever sent it is not to be told otherwise for want of a bell.
        with (
            suppress(*self.connection_errors, self.ResponseError),
            self.conn_or_acquire() as client,
            client.pipeline(transaction=False) as pipe,
        ):
            pipe.lpush(bell_of(queue), "").pexpire(bell_of(queue), BELL_RINGS_SECONDS * 1000).execute()

    def _brpop_start(self, timeout: float | None = None) -> None:
        """Ask for a message, or for a bell; the answer is read when it is there."""
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        self._in_poll = self.client.connection
        self._brpop_sent_at = monotonic()
        if self._is_idle:
            command = ["BRPOP", *self._prefixed(map(bell_of, queues)), timeout or self.brpop_timeout]
        else:
            command = self._take(queues)
        self.client.connection.send_command(*command)

    def _take(self, queues: list[str]) -> list[Any]:
        lists = {self._q_for_pri(queue, step): queue for step in self.priority_steps for queue in queues}
        keys = self._prefixed([self.unacked_key, self.unacked_index_key, *lists])
        acks = (WITHOUT_ACK if queue in self._without_ack else WITH_ACK for queue in lists.values())
        return ["EVAL", TAKE, len(keys), *keys, time(), *acks]

    def _brpop_read(self, **options: Any) -> bool:
        """Deliver the message that was asked for.

        Raises:
            Empty: There was none, or it was a bell that was asked for.
        """
        if self._is_idle:
            self._is_idle = False
            self._read_bell(**options)
            raise Empty
        try:
            return bool(super()._brpop_read(**options))
        except Empty:
            self._is_idle = True
            raise

    def _read_bell(self, **options: Any) -> None:
        try:
            self.client.parse_response(self.client.connection, "BRPOP", **options)
        except self.connection_errors:
            self.client.connection.disconnect()
            raise
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()

    def _prefixed(self, keys: Iterable[str]) -> list[str]:
        return [f"{self.global_keyprefix}{key}" for key in keys]


class Transport(kombu_redis.Transport):  # type: ignore[misc]
    Channel = Channel


def bell_of(queue: str) -> str:
    return f"{queue}.bell"
