"""One connection beside the pool.

A pool hides why it has no connection to give: it retries, and then says only that it ran out of time.
"""

from contextlib import closing
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


def ask_database(alias: str = DEFAULT_DB_ALIAS, *, connect_timeout: int = 5) -> None:
    """Connect as Django would, and run the smallest query.

    Raises:
        django.db.Error: With the text that ``diagnose`` knows.
    """
    wrapper: Any = connections[alias]
    parameters = {**wrapper.get_connection_params(), "connect_timeout": connect_timeout}
    # The driver's errors become Django's, whichever driver it is.
    with (
        wrapper.wrap_database_errors,
        closing(wrapper.Database.connect(**parameters)) as connection,
        closing(connection.cursor()) as cursor,
    ):
        cursor.execute("SELECT 1")
