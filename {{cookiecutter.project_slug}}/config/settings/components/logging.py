"""Logs: one line of JSON per event on standard output, with the id of its request or task.

``local.py`` swaps the renderer for people. Django's default is no match for production: without
DEBUG it mails errors to ADMINS and prints nothing.
"""

import structlog

from apps.core.logging import logging_config, shared_processors
from config.env import env

LOGGING = logging_config(renderer="json", level=env.LOG_LEVEL)

structlog.configure(
    processors=[*shared_processors(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

DJANGO_STRUCTLOG_CELERY_ENABLED = True
# An address is personal data, and X-Forwarded-For is easily forged.
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
# The proxy's id joins our lines to its own; from a client it would be an invitation to forge.
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = env.NUM_PROXIES > 0
