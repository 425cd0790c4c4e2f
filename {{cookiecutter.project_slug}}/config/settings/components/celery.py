"""Celery. Every departure from its defaults says why.

Reference: https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

from config import broker
from config.env import env

CELERY_BROKER_URL = env.CELERY_BROKER_URL
if _tls := broker.tls_options(CELERY_BROKER_URL):
    CELERY_BROKER_USE_SSL = _tls
# Workers often start before the broker does.
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = broker.transport_options(
    CELERY_BROKER_URL, visibility_timeout=env.CELERY_VISIBILITY_TIMEOUT
)
CELERY_BROKER_HEARTBEAT = broker.HEARTBEAT

# Nobody reads results here. Keeping them would make every .delay() wait for the result store.
CELERY_TASK_IGNORE_RESULT = True
# JSON only: pickle would let whoever reaches the broker run code in the worker.
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"

# apps/background/base.py says what a task is: acknowledged when it is done, tried again, buried. So every
# task has to be safe to run twice. For tasks of libraries with a base of their own, the first two here too.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
# Failed and timed-out tasks are acknowledged, once their dead letter is on its way. Otherwise Redis would
# forget them without one, or give them out again for ever.
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = True
# With its connection a worker loses its messages: the broker gives them to another one, or to itself again.
# So the tasks stop, instead of going on beside their second run. Celery 6 does so by itself.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True

# Not one process for each CPU, Celery's default: tasks mostly wait for others, and in a container the
# CPUs are the host's.
CELERY_WORKER_CONCURRENCY = env.CELERY_WORKER_CONCURRENCY
# With 1, a long task does not hold back short ones queued behind it.
CELERY_WORKER_PREFETCH_MULTIPLIER = env.CELERY_WORKER_PREFETCH_MULTIPLIER
# A fresh process now and then bounds what a leak can cost; both look between two tasks only.
CELERY_WORKER_MAX_TASKS_PER_CHILD = env.CELERY_WORKER_MAX_TASKS_PER_CHILD
CELERY_WORKER_MAX_MEMORY_PER_CHILD = env.CELERY_WORKER_MAX_MEMORY_PER_CHILD
# Read by config/celery.py. Not Celery's soft shutdown, which waits for all of its time-out even when
# the last task ended long before, and deaf to the broker.
WORKER_GRACE_SECONDS = env.CELERY_WORKER_GRACE_SECONDS

# The hard limit kills the process; the soft one, a moment earlier, lets the task clean up.
CELERY_TASK_TIME_LIMIT = env.CELERY_TASK_TIME_LIMIT
CELERY_TASK_SOFT_TIME_LIMIT = max(1, env.CELERY_TASK_TIME_LIMIT - 30)
# "Started" is told apart from "nobody knows", which Celery calls PENDING.
CELERY_TASK_TRACK_STARTED = True

# A worker may wait for its broker; whoever waits for an answer to a request may not. This long, and
# at most twice more, whoever sends a task waits for the broker to take it. What is confirmed too late is sent
# twice.
QUEUE_PATIENCE_SECONDS = 0.5

# Queues by kind: a monthly report must not hold back the mail of somebody who waits for it. One worker
# reads all of them; `-Q mail` gives a kind a worker of its own.
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_QUEUES = [
    broker.make_queue(name, CELERY_BROKER_URL) for name in (CELERY_TASK_DEFAULT_QUEUE, "mail", "reports")
]
# By the task's name; the first pattern that fits.
CELERY_TASK_ROUTES = {
    "*.send_*": {"queue": "mail"},
    "*.resend_*": {"queue": "mail"},
    "*report*": {"queue": "reports"},
}
# A misspelt queue is an error, not a new queue that no worker reads.
CELERY_TASK_CREATE_MISSING_QUEUES = False

# Messages that are no task of ours become dead letters; Celery's own consumer discards them.
CELERY_WORKER_CONSUMER = "apps.background.consumer:SafeConsumer"
# Our own LOGGING stays in charge.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# django_celery_beat's, of which two may run: each due run is fired once. It also sends the outbox.
CELERY_BEAT_SCHEDULER = "apps.background.scheduler:ClaimingScheduler"
# `manage.py sync_schedules` brings these entries into the database, where the scheduler reads them.
CELERY_BEAT_SCHEDULE = {
    "clear-dead-letters": {
        "task": "background.clear_dead_letters",
        "schedule": 24 * 60 * 60,
    },
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
    "clear-old-reports": {
        "task": "bookings.clear_old_reports",
        "schedule": 24 * 60 * 60,
    },
    "complete-past-bookings": {
        "task": "bookings.complete_past_bookings",
        "schedule": 24 * 60 * 60,
    },
    "detect-suspicious-ips": {
        "task": "traffic.detect_suspicious_ips",
        "schedule": 60 * 60,
    },
    "expire-unpaid-bookings": {
        "task": "bookings.expire_unpaid_bookings",
        "schedule": 60 * 60,
    },
    # @endif
}
