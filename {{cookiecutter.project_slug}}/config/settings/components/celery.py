"""Celery. Every departure from its defaults says why.

Reference: https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

import ssl
from typing import Any

from config.env import env

CELERY_BROKER_URL = env.CELERY_BROKER_URL
if str(CELERY_BROKER_URL).startswith("rediss://"):
    CELERY_BROKER_USE_SSL = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
# Workers often start before the broker does.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    # Longer than any task runs, or a second worker would start it too.
    "visibility_timeout": env.CELERY_VISIBILITY_TIMEOUT,
    # Look for abandoned tasks every ten seconds, not every hundred.
    "unacked_restore_throttle": 1,
    # An unreachable Redis must fail the request that enqueues, not hang it.
    "socket_connect_timeout": 5,
    "socket_timeout": 30,
}

# Nobody reads results here. Keeping them would make every .delay() wait for the result store.
CELERY_TASK_IGNORE_RESULT = True
# JSON only: pickle would let whoever reaches the broker run code in the worker.
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"

# A task is acknowledged when it is done: one that dies with its worker is run again. So every task
# has to be safe to run twice.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# One task at a time per process: a long task does not hold back short ones queued behind it.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1

# The hard limit kills the process; the soft one, a moment earlier, lets the task clean up.
CELERY_TASK_TIME_LIMIT = env.CELERY_TASK_TIME_LIMIT
CELERY_TASK_SOFT_TIME_LIMIT = max(1, env.CELERY_TASK_TIME_LIMIT - 30)
# "Started" is told apart from "nobody knows", which Celery calls PENDING.
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_DEFAULT_QUEUE = "default"
# A misspelt queue is an error, not a new queue that no worker reads.
CELERY_TASK_CREATE_MISSING_QUEUES = False

# Our own LOGGING stays in charge.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# django_celery_beat's, of which two may run: each due run is fired once. It also sends the outbox.
CELERY_BEAT_SCHEDULER = "apps.background.scheduler:ClaimingScheduler"
# `manage.py sync_schedules` brings these entries into the database, where the scheduler reads them.
CELERY_BEAT_SCHEDULE = {
    "clear-expired-sessions": {
        "task": "users.clear_expired_sessions",
        "schedule": 24 * 60 * 60,
    },
    # @if cookiecutter.api_auth == "JWT"
    "clear-expired-token-families": {
        "task": "jwt_auth.clear_expired_families",
        "schedule": 24 * 60 * 60,
    },
    # @endif
    "clear-idempotency-keys": {
        "task": "core.clear_idempotency_keys",
        "schedule": 60 * 60,
    },
    # @if cookiecutter.api_auth == "Token"
    "clear-expired-tokens": {
        "task": "token_auth.clear_expired_tokens",
        "schedule": 24 * 60 * 60,
    },
    # @endif
    # @if cookiecutter.api_auth == "OAuth2"
    "clear-expired-tokens": {
        "task": "oauth2_auth.clear_expired_tokens",
        "schedule": 24 * 60 * 60,
    },
    # @endif
    # @if cookiecutter.example == "yes"
    "complete-past-bookings": {
        "task": "bookings.complete_past_bookings",
        "schedule": 24 * 60 * 60,
    },
    "detect-suspicious-ips": {
        "task": "traffic.detect_suspicious_ips",
        "schedule": 60 * 60,
    },
    # @endif
}
