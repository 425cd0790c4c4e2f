"""Nothing is lost between Redis and the worker that takes it."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from kombu import Connection, Consumer, Exchange, Queue
from kombu.transport import redis

from apps.background import redis_transport
from apps.background.redis_transport import Transport

pytestmark = pytest.mark.lesson("celery-delivery-guarantees")

PATIENCE_SECONDS = 10
Connect = Callable[..., Connection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Connections to a broker that is empty, whatever broker the project has."""
    options, made = {"global_keyprefix": f"{uuid4()}:"}, list[Connection]()
    url = str(settings.CACHES["default"]["LOCATION"])

    def make(transport: Any = Transport) -> Connection:
        made.append(Connection(url, transport=transport, transport_options=options))
        return made[-1]

    yield make
    for connection in made:
        connection.release()


def queue_named(name: str) -> Queue:
    return Queue(name, Exchange(name), routing_key=name)


def send(connection: Connection, text: str, *, to: str = "work") -> None:
    queue = queue_named(to)
    with closing(connection.Producer()) as producer:
        producer.publish(text, exchange=queue.exchange, routing_key=to, declare=[queue])


def receive(connection: Connection, number: int, *, names: tuple[str, ...] = ("work",)) -> list[str]:
    """Take so many messages, as a worker does, and do not acknowledge them."""
    found: list[str] = []
    with consumer(connection, names, lambda body, _: found.append(body)):
        while len(found) < number:
            connection.drain_events(timeout=PATIENCE_SECONDS)
    return found


def consumer(connection: Connection, names: tuple[str, ...], take: Any, **options: Any) -> Consumer:
    return Consumer(connection, [queue_named(name) for name in names], callbacks=[take], **options)


def channel_of(connection: Connection) -> Any:
    """Its stubs leave out what is Redis' own."""
    return connection.default_channel


def count_waiting(connection: Connection) -> int:
    waiting: int = channel_of(connection)._size("work")
    return waiting


def give_out_again(connection: Connection) -> None:
    """What a worker does every ten seconds, with a visibility time-out that is over."""
    qos = channel_of(connection).qos
    qos.visibility_timeout = -1
    qos.restore_visible()


def test_message_comes_back_when_its_worker_is_killed_before_it_has_read_it(connect: Connect) -> None:
    send(connect(), "charge the card")
    killed, other = connect(), connect()
    cycle: Any = killed.transport.cycle  # type: ignore[attr-defined]  # of Redis' transport only
    consumer(killed, ("work",), take=None).consume()

    # The message is asked for, and comes, and nobody ever reads it.
    cycle.on_poll_start()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while count_waiting(other) and time.monotonic() < deadline:
        time.sleep(0.01)
    channel_of(killed).client.connection.disconnect()

    assert count_waiting(other) == 0
    give_out_again(other)
    assert receive(other, 1) == ["charge the card"]


def test_worker_that_has_nothing_to_do_hears_of_a_message(connect: Connect) -> None:
    worker, found = connect(), list[str]()
    with consumer(worker, ("work",), lambda body, _: found.append(body)):
        with pytest.raises(TimeoutError):
            worker.drain_events(timeout=0.1)
        send(connect(), "hello")
        worker.drain_events(timeout=PATIENCE_SECONDS)

    assert found == ["hello"]


def test_message_whose_bell_was_lost_is_found_all_the_same(connect: Connect) -> None:
    worker, found = connect(), list[str]()
    with consumer(worker, ("work",), lambda body, _: found.append(body)):
        with pytest.raises(TimeoutError):
            worker.drain_events(timeout=0.1)
        # Kombu's own transport rings none.
        send(connect(redis.Transport), "hello")
        worker.drain_events(timeout=PATIENCE_SECONDS)

    assert found == ["hello"]


def test_message_whose_bell_cannot_be_rung_is_sent_all_the_same(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = connect()
    # What is no number of seconds is refused.
    monkeypatch.setattr(redis_transport, "BELL_RINGS_SECONDS", 1.5)
    send(connect(), "hello")

    assert receive(worker, 1) == ["hello"]


def test_messages_of_one_queue_keep_their_order_and_no_queue_starves(connect: Connect) -> None:
    sender = connect()
    for number in range(3):
        send(sender, f"mail {number}", to="mail")
        send(sender, f"work {number}", to="work")

    found = receive(connect(), 6, names=("mail", "work"))

    assert [text for text in found if text.startswith("mail")] == ["mail 0", "mail 1", "mail 2"]
    assert [text for text in found if text.startswith("work")] == ["work 0", "work 1", "work 2"]
    assert {text.split()[0] for text in found[:2]} == {"mail", "work"}


def test_acknowledged_message_is_forgotten(connect: Connect) -> None:
    worker, other = connect(), connect()
    send(connect(), "hello")
    with consumer(worker, ("work",), lambda _, message: message.ack()):
        worker.drain_events(timeout=PATIENCE_SECONDS)

    give_out_again(other)

    assert count_waiting(other) == 0


def test_message_that_takes_no_acknowledgement_is_never_given_out_again(connect: Connect) -> None:
    worker, other, found = connect(), connect(), list[str]()
    send(connect(), "an answer to a ping")
    with consumer(worker, ("work",), lambda body, _: found.append(body), no_ack=True):
        worker.drain_events(timeout=PATIENCE_SECONDS)

    give_out_again(other)

    assert (found, count_waiting(other)) == (["an answer to a ping"], 0)
