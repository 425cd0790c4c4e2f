"""What has to work before this process may take traffic. Each probe raises when it does not."""

from collections.abc import Callable

from celery import current_app
from django.core.cache import cache
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

PROBE_SECONDS = 2


class PendingMigrations(Exception):
    """The database is behind the code."""


def probe_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def probe_migrations() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise PendingMigrations


def probe_cache() -> None:
    cache.set("health", "ok", timeout=PROBE_SECONDS)
    if cache.get("health") != "ok":
        raise ConnectionError


def probe_broker() -> None:
    # The patience of a worker, which waits for messages, would keep the platform waiting. RabbitMQ has no
    # use for these, and lets them pass.
    impatience = {"socket_timeout": PROBE_SECONDS, "socket_connect_timeout": PROBE_SECONDS}
    with current_app.connection_for_write(
        connect_timeout=PROBE_SECONDS, transport_options=impatience
    ) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, timeout=PROBE_SECONDS)


PROBES: dict[str, Callable[[], None]] = {
    "database": probe_database,
    "migrations": probe_migrations,
    "cache": probe_cache,
    "broker": probe_broker,
}
