"""What a rule of the diagnosis is made of."""

from dataclasses import dataclass
from typing import NamedTuple

# The lessons.
TRIAGE = "pg-connection-triage"
STALE = "pg-stale-connections"
DRIVER = "db-driver"
LOCKED = "migration-locks-and-rollback"

# What both databases need to be told.
KEEP_HEALTHY = "Set CONN_HEALTH_CHECKS = True in config/database.py."
DRIFTED = (
    "The tables are not what the models say.",
    "Type: python manage.py migrate . If nothing is left to apply: check --database default",
    "migration-history-rewrite",
)
# Not what the models say either, but migrate has been tried.
IN_THE_WAY = (
    "What a migration wants to make is there already.",
    "If a migration has ended halfway, remove what it had made (an index of PostgreSQL: DROP INDEX "
    "CONCURRENTLY name) and try again. Otherwise: check --database default",
    "migration-history-rewrite",
)

GAVE_UP = (
    "Something else uses a row or a table, and this statement has given up waiting for it.",
    "End the long query or transaction that holds it, and try again. release --lock-timeout waits longer.",
    LOCKED,
)


@dataclass(frozen=True)
class Diagnosis:
    """What is wrong, what to type, and where to read why."""

    problem: str
    mend: str
    lesson: str
    # Whether waiting may help: the server, or its name, may still be on its way up.
    passing: bool = False
    # The first line of the error, to search for.
    seen: str = ""


class Rule(NamedTuple):
    text: str
    diagnosis: Diagnosis
