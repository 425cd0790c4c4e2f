"""What to watch of the queue, in the text format of Prometheus.

Everything is asked for when it is read, from the broker, the workers and the database. So each process of
the site gives the same answer, and nothing has to be added up across them.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from celery import current_app
from django.db.models import Count, Min
from django.utils import timezone

from apps.background.models import DeadLetter, OutboxMessage
from apps.background.stamps import SENT_AT, seconds_since
from apps.core.health.probes import probe_broker
from apps.core.queues import count_waiting

# All workers that are there answer within milliseconds; the rest of the time is for the network.
PING_SECONDS = 1.0

Values = dict[str, float]


@dataclass(frozen=True)
class Gauge:
    """A number that goes up and down, or one for each value of a label."""

    name: str
    help: str
    label: str = ""
    values: Mapping[str, float] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} gauge"
        for value_of_label, value in self.values.items():
            # As JSON writes it, a string has the escapes that the format asks for.
            quoted = json.dumps(value_of_label, ensure_ascii=False)
            labels = f"{{{self.label}={quoted}}}" if self.label else ""
            yield f"{self.name}{labels} {value}"


def exposition() -> str:
    """Return the page that Prometheus reads."""
    gauges = [*gauges_of_broker(), *gauges_of_database()]
    return "".join(f"{line}\n" for gauge in gauges for line in gauge.lines())


def gauges_of_broker() -> Iterator[Gauge]:
    try:
        probe_broker()
    except Exception:  # noqa: BLE001 - each transport raises errors of its own
        yield broker_up(0)
        return
    yield broker_up(1)
    yield Gauge("celery_queue_length", "Tasks that wait for a worker.", "queue", dict(count_waiting()))
    oldest = "Age of the message that is taken next; Redis only."
    yield Gauge("celery_queue_oldest_seconds", oldest, "queue", oldest_waiting())
    answers = current_app.control.ping(timeout=PING_SECONDS) or []
    yield Gauge("celery_workers", "Workers that answer.", values={"": len(answers)})


def broker_up(value: int) -> Gauge:
    return Gauge("celery_broker_up", "Whether the broker can be reached.", values={"": value})


def gauges_of_database() -> Iterator[Gauge]:
    outbox = OutboxMessage.objects.aggregate(length=Count("pk"), since=Min("created_at"))
    age = (timezone.now() - outbox["since"]).total_seconds() if outbox["since"] else 0
    yield Gauge("celery_outbox_length", "Tasks that are still to be sent.", values={"": outbox["length"]})
    yield Gauge("celery_outbox_oldest_seconds", "Age of the oldest of them.", values={"": age})
    unsettled = DeadLetter.objects.filter(sent_again_at=None).values_list("reason")
    counts = dict.fromkeys(DeadLetter.Reason.values, 0) | dict(unsettled.annotate(Count("pk")).order_by())
    yield Gauge("celery_dead_letters", "Tasks that came to nothing, not sent again yet.", "reason", counts)


def oldest_waiting() -> Values:
    """The age of the message that each queue gives out next, 0 for an empty one.

    RabbitMQ shows a message only to who takes it. Giving it back counts as a delivery that failed, so
    there is no answer there; ``waited_seconds`` in the log tells how long tasks had waited.
    """
    with current_app.connection_for_read() as connection:
        if connection.transport.driver_type != "redis":
            return {}
        channel: Any = connection.default_channel
        return {name: age_of_next(channel, name) for name in current_app.amqp.queues}


def age_of_next(channel: Any, queue: str) -> float:
    # kombu puts on the left and takes from the right. Its client leaves this command without the prefix.
    message = channel.client.lindex(f"{channel.global_keyprefix}{queue}", -1)
    headers = json.loads(message)["headers"] if message else {}
    return seconds_since(headers[SENT_AT]) if SENT_AT in headers else 0
