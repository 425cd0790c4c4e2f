"""The Celery app. Start a worker with ``celery -A config worker``, the scheduler with ``… beat``."""

import signal
from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging, worker_shutting_down
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep
from kombu.transport import TRANSPORT_ALIASES

from config import broker

# By scheme, and not as CELERY_BROKER_TRANSPORT, which is for all brokers: the scheme alone chooses.
TRANSPORT_ALIASES.update(dict.fromkeys(broker.REDIS_SCHEMES, broker.REDIS_TRANSPORT))

# By name: its module needs Django, which is set up after this one.
app = Celery("config", task_cls="apps.background.base:SafeTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A worker's log lines carry the id of the task and of the request that enqueued it.
app.steps["worker"].add(DjangoStructLogInitStep)
# What RabbitMQ gives up joins the other dead letters. By name, for the same reason.
app.steps["consumer"].add("apps.background.dead_letter_queue:DeadLetterQueue")


@setup_logging.connect
def keep_django_logging(**_kwargs: object) -> None:
    """Log as Django does: a receiver of this signal keeps Celery from installing its own handlers."""
    dictConfig(settings.LOGGING)


@worker_shutting_down.connect
def stop_waiting_after_the_grace_time(*, how: str, **_kwargs: object) -> None:
    """Give back what still runs when the grace time is over; a platform would kill it soon after.

    Asked to stop (SIGTERM), Celery takes no new task and waits for the running ones, for as long as it
    takes. SIGQUIT ends them and leaves their messages to the broker, which delivers them again at once.
    """
    if how == "Warm" and hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, lambda _number, _frame: signal.raise_signal(signal.SIGQUIT))
        signal.alarm(settings.WORKER_GRACE_SECONDS)
