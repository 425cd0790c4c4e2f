"""Locks of the database: one of our own, for one at a time on however many machines, and those of tables.

Ours ends with the connection that holds it, so nobody has to clear it away after a crash. PgBouncer has to be
in session mode for that, or to be gone round.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

# How each engine takes a lock if nobody has it, and gives it back. Whoever waits inside of a statement has an
# open transaction, for which whoever has the lock and builds an index CONCURRENTLY would wait, both for ever.
STATEMENTS = {
    "postgresql": ("SELECT pg_try_advisory_lock(hashtext(%s))", "SELECT pg_advisory_unlock(hashtext(%s))"),
    "mysql": ("SELECT GET_LOCK(%s, 0)", "SELECT RELEASE_LOCK(%s)"),
}
PAUSE_SECONDS = 0.2


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
            while not succeeds(cursor, lock, name):
                time.sleep(PAUSE_SECONDS)
            try:
                yield
            finally:
                cursor.execute(unlock, [name])


def succeeds(cursor: Any, statement: str, name: str) -> bool:
    cursor.execute(statement, [name])
    return bool(cursor.fetchone()[0])


# How each engine is told how long a statement may wait for a table that somebody else uses.
PATIENCE = {
    "postgresql": "SELECT set_config('lock_timeout', %s::int || 's', false)",
    "mysql": "SET SESSION lock_wait_timeout = %s",
}
# As long as whoever runs the database has set; without that, PostgreSQL waits for ever, MySQL for a year.
USUAL_PATIENCE = {"postgresql": "RESET lock_timeout", "mysql": "SET SESSION lock_wait_timeout = DEFAULT"}


@contextmanager
def impatient(seconds: int, *, alias: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """Let statements in the block give up after so many seconds of waiting for a table.

    Whoever waits to change a table keeps everybody else waiting who comes after, readers too. What PostgreSQL
    does ``CONCURRENTLY`` keeps nobody waiting, and has no limit. It waits for every older transaction,
    whatever that reads; ended before, it leaves an index that is of no use and in the way of the next try.
    """

    def limit(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
        if connection.alias == alias:
            be_patient_for(connection, seconds)

    def exempt(execute: Callable[..., Any], sql: Any, *others: Any) -> Any:
        if connection.vendor != "postgresql" or "CONCURRENTLY" not in str(sql).upper():
            return execute(sql, *others)
        be_patient_for(connection, 0)
        result = execute(sql, *others)
        be_patient_for(connection, seconds)
        return result

    connection = connections[alias]
    connection_created.connect(limit)
    try:
        be_patient_for(connection, seconds)
        with connection.execute_wrapper(exempt):
            yield
    finally:
        connection_created.disconnect(limit)
        be_patient_as_usual(connection)


def be_patient_for(connection: BaseDatabaseWrapper, seconds: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PATIENCE[connection.vendor], [seconds])


def be_patient_as_usual(connection: BaseDatabaseWrapper) -> None:
    # A connection that is lost has no limit any more, and how it was lost is what everybody wants to know.
    with suppress(Error), connection.cursor() as cursor:
        cursor.execute(USUAL_PATIENCE[connection.vendor])
