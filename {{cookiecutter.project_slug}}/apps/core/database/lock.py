"""Locks of the database: one of our own, for one at a time on however many machines, and those of tables.

Ours ends with the connection that holds it, so nobody has to clear it away after a crash. PgBouncer has to be
in session mode for that, or to be gone round.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

# How each engine takes a lock, for as long as it takes, and gives it back.
STATEMENTS = {
    "postgresql": ("SELECT pg_advisory_lock(hashtext(%s))", "SELECT pg_advisory_unlock(hashtext(%s))"),
    "mysql": ("SELECT GET_LOCK(%s, 86400)", "SELECT RELEASE_LOCK(%s)"),
}


@contextmanager
def exclusive(purpose: str, *, alias: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let one process of all that use this database into the block; the others wait.

    Args:
        purpose: What is done inside; blocks of other purposes do not wait for each other.
        alias: Which of ``DATABASES`` keeps the lock.
    """
    # Of its own: what happens in the block may close the connection of this thread, and the lock with it.
    with closing(connections.create_connection(alias)) as connection:
        lock, unlock = STATEMENTS[connection.vendor]
        # MySQL's locks belong to the server, not to a database.
        name = f"{purpose} {connection.settings_dict['NAME']}"[:64]
        with connection.cursor() as cursor:
            cursor.execute(lock, [name])
            try:
                yield
            finally:
                cursor.execute(unlock, [name])


# How each engine is told how long a statement may wait for a table that somebody else uses.
PATIENCE = {
    "postgresql": "SELECT set_config('lock_timeout', %s::int || 's', false)",
    "mysql": "SET SESSION lock_wait_timeout = %s",
}
# What they begin with: PostgreSQL waits for ever, MySQL for a year.
USUAL_PATIENCE = {"postgresql": 0, "mysql": 31_536_000}


@contextmanager
def impatient(seconds: int, *, alias: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let statements in the block give up after so many seconds of waiting for a table.

    Whoever waits to change a table keeps everybody else waiting who comes after, readers too.
    """

    def limit(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
        if connection.alias == alias:
            be_patient_for(connection, seconds)

    connection = connections[alias]
    connection_created.connect(limit)
    try:
        be_patient_for(connection, seconds)
        yield
    finally:
        connection_created.disconnect(limit)
        be_patient_for(connection, USUAL_PATIENCE[connection.vendor])


def be_patient_for(connection: BaseDatabaseWrapper, seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PATIENCE[connection.vendor], [seconds])
