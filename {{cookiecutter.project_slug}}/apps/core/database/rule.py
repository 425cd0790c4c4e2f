"""What a rule of the diagnosis is made of."""

from dataclasses import dataclass
from typing import NamedTuple

# The lessons.
TRIAGE = "pg-connection-triage"
STALE = "pg-stale-connections"
DRIVER = "db-driver"

# What both databases need to be told.
KEEP_HEALTHY = "Set CONN_HEALTH_CHECKS = True in config/database.py."
DRIFTED = (
    "The tables are not what the models say.",
    "Type: python manage.py migrate . If nothing is left to apply: check --database default",
    "migration-history-rewrite",
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
