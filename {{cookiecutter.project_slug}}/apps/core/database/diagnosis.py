"""From what PostgreSQL and its driver say to what is wrong and what to type.

Nearly everything arrives as one class, ``OperationalError``; only the text tells the cases apart.
"""

import re
from dataclasses import dataclass, replace
from typing import NamedTuple

TRIAGE = "pg-connection-triage"
MAX_CAUSES = 10


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


# The first text that is found decides.
RULES: tuple[Rule, ...] = (
    Rule(
        r"the database system is (starting up|shutting down|in recovery mode)",
        Diagnosis("PostgreSQL is still starting, or just stopping.", "Wait for it.", TRIAGE, passing=True),
    ),
    Rule(
        r"Connection refused|10061",
        Diagnosis(
            "Nothing listens at the host and port of DATABASE_URL.",
            "Start PostgreSQL (uv run just up starts one), or correct the host and port.",
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
        r"connection timeout expired|timeout expired|Connection timed out",
        Diagnosis(
            "The host of DATABASE_URL does not answer.",
            "Open the firewall or network between here and there, or correct the host.",
            TRIAGE,
            passing=True,
        ),
    ),
    Rule(
        r"password authentication failed",
        Diagnosis(
            "PostgreSQL refuses the role or its password; it says the same when the role does not exist.",
            "Copy both anew into DATABASE_URL, the password escaped; or, as the database's owner: "
            "ALTER ROLE name PASSWORD 'new';",
            TRIAGE,
        ),
    ),
    Rule(
        r"no password supplied",
        Diagnosis(
            "DATABASE_URL holds no password, and PostgreSQL wants one.",
            "Write it in: postgres://user:password@host:5432/name",
            TRIAGE,
        ),
    ),
    Rule(
        r'database ".*" does not exist',
        Diagnosis(
            "The server has no database of the name that DATABASE_URL ends with.",
            "Correct the name, or make it with its owner: CREATE DATABASE name OWNER role;",
            TRIAGE,
        ),
    ),
    Rule(
        r'role ".*" does not exist',
        Diagnosis(
            "The server has no role of the name in DATABASE_URL.",
            "Correct it, or make it: CREATE ROLE name LOGIN PASSWORD 'secret';",
            TRIAGE,
        ),
    ),
    Rule(
        r"server does not support SSL",
        Diagnosis(
            "DATABASE_URL asks for encryption, which this server does not have.",
            "Switch it on at the server; only for one on your own machine: remove sslmode.",
            TRIAGE,
        ),
    ),
    Rule(
        r"no pg_hba\.conf entry",
        Diagnosis(
            "The server lets nobody in from here in this way.",
            "With 'no encryption' in the message: add ?sslmode=require. Otherwise allow this address "
            "at the server.",
            TRIAGE,
        ),
    ),
    Rule(
        r"permission denied for schema",
        Diagnosis(
            "The role may connect but not create tables: since PostgreSQL 15 only the database's owner may.",
            "As a superuser: ALTER DATABASE name OWNER TO role;",
            TRIAGE,
        ),
    ),
    Rule(
        r"permission denied to create database",
        Diagnosis(
            "The tests make a database of their own, and the role may not.",
            "For a role of development or CI only: ALTER ROLE name CREATEDB;",
            TRIAGE,
        ),
    ),
    Rule(
        r"too many connections|too many clients|remaining connection slots",
        Diagnosis(
            "All connections that the server grants are taken.",
            "Lower DATABASE_POOL_SIZE or the number of processes: their product has to stay below the limit.",
            "pg-stale-connections",
            passing=True,
        ),
    ),
    Rule(
        r"couldn't get a connection after",
        Diagnosis(
            "The pool had no connection to give: the server is away, or all are in use.",
            "Type: python manage.py wait_for_db --timeout 0 . If that connects, raise DATABASE_POOL_SIZE.",
            TRIAGE,
        ),
    ),
    Rule(
        r"terminating connection due to|server closed the connection|the connection is (closed|lost)",
        Diagnosis(
            "The server closed a connection that was kept open.",
            "Set CONN_HEALTH_CHECKS = True in config/settings/components/database.py.",
            "pg-stale-connections",
            passing=True,
        ),
    ),
    Rule(
        r"psycopg_pool|psycopg2 or psycopg|no pq wrapper available|pooling requires psycopg",
        Diagnosis(
            "The driver, its C library or its pool is not installed.",
            'Depend on "psycopg[binary,pool]" in pyproject.toml, then type: uv sync',
            "db-driver",
        ),
    ),
    Rule(
        r'(column|relation) \S+ does not exist|relation ".*" already exists',
        Diagnosis(
            "The tables are not what the models say.",
            "Type: python manage.py migrate . If nothing is left to apply: check --database default",
            "migration-history-rewrite",
        ),
    ),
)


def diagnose(error: BaseException) -> Diagnosis:
    """Say what an error of the database means; an unknown one is passed on in its own words."""
    text = "\n".join(str(cause) for cause in _causes(error))
    seen = text.strip().partition("\n")[0] or type(error).__name__
    for rule in RULES:
        if re.search(rule.text, text):
            return replace(rule.diagnosis, seen=seen)
    return Diagnosis(
        "PostgreSQL or its driver refuses, for a reason that is not known here.",
        "Read the log of the PostgreSQL server around this time.",
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
