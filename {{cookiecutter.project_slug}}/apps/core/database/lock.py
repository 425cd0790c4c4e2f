"""One at a time, on however many machines: a lock that the database keeps.

It ends with the connection that holds it, so nobody has to clear it away after a crash. PgBouncer has to be
in session mode for that, or to be gone round.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from django.db import DEFAULT_DB_ALIAS, connections

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
