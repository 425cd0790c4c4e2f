"""The Celery app. Start a worker with ``celery -A config worker``, the scheduler with ``… beat``."""

from logging.config import dictConfig

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

# By name: its module needs Django, which is set up after this one.
app = Celery("config", task_cls="apps.background.base:SafeTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A worker's log lines carry the id of the task and of the request that enqueued it.
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def keep_django_logging(**_kwargs: object) -> None:
    """Log as Django does: a receiver of this signal keeps Celery from installing its own handlers."""
    dictConfig(settings.LOGGING)
