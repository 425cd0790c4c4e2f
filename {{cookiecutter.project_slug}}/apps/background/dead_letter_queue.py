"""What RabbitMQ has given up, on its way to the other dead letters.

RabbitMQ counts deliveries, too, and its limit is the higher one. So it gives up only what this project could
not: because the cache did not remember, or because nothing but sending a dead letter failed. It moves such a
message to a queue of its own, where nobody would see it.
"""

from typing import Any

import structlog
from celery import bootsteps, current_app
from kombu import Consumer, Exchange, Queue

from apps.background.consumer import arguments_in
from apps.background.letters import Letter, Reason, bury
from apps.core.queue import QueueUnavailable

PREFETCHED = 10
# As RabbitMQ names it in the header x-death.
TOO_OFTEN = "delivery_limit"

logger = structlog.get_logger(__name__)


class DeadLetterQueue(bootsteps.ConsumerStep):
    """Lets a worker read the queue of dead letters beside its tasks, where there is one."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def include_if(self, worker_consumer: Any) -> bool:
        return find_exchange() is not None

    def get_consumers(self, channel: Any) -> list[Consumer]:
        name = find_exchange() or ""
        queue = Queue(name, Exchange(name, type="fanout"), queue_arguments={"x-queue-type": "quorum"})
        return [Consumer(channel, queues=[queue], on_message=keep, prefetch_count=PREFETCHED)]


def find_exchange() -> str | None:
    """The name of the exchange to which RabbitMQ gives what it gives up; its queue is called the same."""
    arguments = [queue.queue_arguments or {} for queue in current_app.amqp.queues.values()]
    names = [each["x-dead-letter-exchange"] for each in arguments if "x-dead-letter-exchange" in each]
    return names[0] if names else None


def keep(message: Any) -> None:
    """Make a dead letter of a message; it stays in its queue until that is on its way."""
    headers = message.headers
    death = (headers.get("x-death") or [{}])[0]
    given_up = RuntimeError(f"RabbitMQ gave it up in the queue {death.get('queue')}: {death.get('reason')}.")
    try:
        bury(
            Letter(
                task_id=str(headers.get("id")),
                task_name=str(headers.get("task") or ""),
                reason=Reason.LOST_TOO_OFTEN if death.get("reason") == TOO_OFTEN else Reason.FAILED,
                body=arguments_in(message),
                error=given_up,
                retries=headers.get("retries") or 0,
            )
        )
    except QueueUnavailable as unavailable:
        logger.warning("dead_letter_stays_in_its_queue", error=str(unavailable))
    else:
        message.ack()
