"""What lies in the queues, whichever broker keeps them."""

from typing import Any

from celery import current_app
from kombu import Queue


def names_of_queues() -> list[str]:
    """The declared queues, the default one first."""
    return list(current_app.amqp.queues)


def count_waiting() -> dict[str, int]:
    """How many tasks wait in each declared queue, without those that a worker holds already."""
    with current_app.connection_for_read() as connection:
        is_rabbitmq = connection.transport.driver_type == "amqp"
        count = count_in_rabbitmq if is_rabbitmq else count_in_redis
        return {name: count(connection, queue) for name, queue in current_app.amqp.queues.items()}


def count_in_redis(connection: Any, queue: Queue) -> int:
    # Redis makes a list with its first message, so this creates nothing. Asking with passive=True
    # would miss the queue under a global_keyprefix, which kombu then leaves out.
    return int(connection.default_channel.queue_declare(queue.name).message_count)


def count_in_rabbitmq(connection: Any, queue: Queue) -> int:
    # A question about a queue that nobody has declared yet closes the channel, so each has its own.
    with connection.channel() as channel:
        try:
            return int(channel.queue_declare(queue.name, passive=True).message_count)
        except connection.channel_errors:
            return 0
