"""Structured logs with the id of the request, on standard output.

The library's name for such an id is ``request_id``; the response carries it as ``X-Request-ID``.
"""

from typing import Any, Literal

import structlog
from django.dispatch import receiver
from django.http import HttpResponse
from django_structlog.signals import bind_extra_request_finished_metadata, update_failure_response
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

MASK = "***"
SECRET_WORDS = ("password", "token", "secret", "authorization", "cookie", "api_key")


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hide the values of keys that sound secret, and query strings, which may hold tokens."""
    for key in event:
        if any(word in key.lower() for word in SECRET_WORDS):
            event[key] = MASK
    if isinstance(event.get("request"), str):
        event["request"] = event["request"].partition("?")[0]
    return event


def shared_processors() -> list[Processor]:
    """The steps that records of structlog and of the standard library both go through."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        mask_secrets,
    ]


def logging_config(*, renderer: Literal["json", "console"], level: str) -> dict[str, Any]:
    """Return Django's ``LOGGING``: one handler, standard output, one line per record.

    Args:
        renderer: ``"json"`` for machines, ``"console"`` for people.
        level: The least severe level that is shown, for example ``"INFO"``.
    """
    rendering: dict[str, list[Processor]] = {
        "json": [
            # Without local variables: they hold passwords and personal data.
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.EventRenamer("message"),
            structlog.processors.JSONRenderer(),
        ],
        # Plain, for the same reason; the default draws them with every local variable.
        "console": [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared_processors(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *rendering[renderer],
                ],
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "structured",
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            # Django's own handlers off; its records reach the root handler.
            "django": {"handlers": [], "propagate": True},
            # The request middleware reports each failed request once, with its id and traceback.
            "django.request": {"level": "CRITICAL"},
            # And the worker's receiver each failed task.
            "celery.app.trace": {"level": "CRITICAL"},
            # The development server's request lines, which the middleware's records replace.
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
        },
    }


@receiver(bind_extra_request_finished_metadata)
@receiver(update_failure_response)
def add_request_id_header(*, response: HttpResponse, **_kwargs: object) -> None:
    """Tell the client the id under which its request is logged."""
    response["X-Request-ID"] = structlog.contextvars.get_contextvars()["request_id"]
