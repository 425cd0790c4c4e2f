"""From what the database and its driver say to what is wrong and what to type.

Nearly everything arrives as one class, ``OperationalError``; only the text tells the cases apart.
"""

import re
from dataclasses import replace

from apps.core.database import mysql_says, postgresql_says
from apps.core.database.rule import TRIAGE, Diagnosis, Rule

MAX_CAUSES = 10

# What the operating system says, whatever was to be reached.
NETWORK: tuple[Rule, ...] = (
    Rule(
        r"Connection refused|10061",
        Diagnosis(
            "Nothing listens at the host and port of DATABASE_URL.",
            "Start the database (uv run just up starts one), or correct the host and port.",
            TRIAGE,
            passing=True,
        ),
    ),
    Rule(
        r"failed to resolve host|could not translate host name|Name or service not known",
        Diagnosis(
            "The host name in DATABASE_URL is unknown here.",
            "Correct the host. Between containers it is the name of the service; a part of a password "
            "in its place means that the password is not escaped.",
            TRIAGE,
            passing=True,
        ),
    ),
    Rule(
        r"connection timeout expired|timeout expired|timed out",
        Diagnosis(
            "The host of DATABASE_URL does not answer.",
            "Open the firewall or network between here and there, or correct the host.",
            TRIAGE,
            passing=True,
        ),
    ),
)
# The first text that is found decides.
RULES = (*postgresql_says.RULES, *mysql_says.RULES, *NETWORK)


def diagnose(error: BaseException) -> Diagnosis:
    """Say what an error of the database means; an unknown one is passed on in its own words."""
    text = "\n".join(str(cause) for cause in _causes(error))
    seen = text.strip().partition("\n")[0] or type(error).__name__
    for rule in RULES:
        if re.search(rule.text, text):
            return replace(rule.diagnosis, seen=seen)
    return Diagnosis(
        "The database or its driver refuses, for a reason that is not known here.",
        "Read the log of the database server around this time.",
        TRIAGE,
        seen=seen,
    )


def _causes(error: BaseException | None) -> list[BaseException]:
    """The error and what caused it, outermost first."""
    causes: list[BaseException] = []
    while error is not None and len(causes) < MAX_CAUSES:
        causes.append(error)
        error = error.__cause__ or error.__context__
    return causes
