"""Why the database did not take a row, in the words of either database."""

import re

from django.db import IntegrityError

# PostgreSQL's codes for rows that cannot stand beside others: unique, foreign key, exclusion. What it refuses
# otherwise, NULL or by a check constraint, is wrong in itself: validation has a gap, and that is our mistake.
CONFLICTS_OF_POSTGRESQL = {"23505", "23503", "23P01"}
# MySQL's and MariaDB's for the same: a value twice, a row that others need, one that is needed and not there.
CONFLICTS_OF_MYSQL = {1062, 1451, 1452, 1586}
# "Duplicate entry '…' for key 'table.name'", where MariaDB leaves out the table; "CONSTRAINT `name`".
NAME_IN_MYSQL = re.compile(r"for key '(?:[^']*\.)?([^'.]+)'$|CONSTRAINT `([^`]+)`")


def is_conflict(error: IntegrityError) -> bool:
    """Whether the row was refused for the sake of another one."""
    cause = error.__cause__
    number = cause.args[0] if cause and cause.args else None
    # PyMySQL has a state, too, but one that says nothing more: 23000.
    return number in CONFLICTS_OF_MYSQL or getattr(cause, "sqlstate", None) in CONFLICTS_OF_POSTGRESQL


def constraint_of(error: IntegrityError) -> str | None:
    """The name of the constraint that refused the row, where the database tells it."""
    cause = error.__cause__
    if diagnostics := getattr(cause, "diag", None):
        name: str | None = diagnostics.constraint_name
        return name
    found = NAME_IN_MYSQL.search(str(cause.args[-1])) if cause and cause.args else None
    return found[1] or found[2] if found else None
