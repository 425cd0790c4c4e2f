"""What PostgreSQL and psycopg say, and what is wrong then."""

from apps.core.database.rule import (
    DRIFTED,
    DRIVER,
    GAVE_UP,
    IN_THE_WAY,
    KEEP_HEALTHY,
    STALE,
    TRIAGE,
    Diagnosis,
    Rule,
)

RULES: tuple[Rule, ...] = (
    Rule(
        r"the database system is (starting up|shutting down|in recovery mode)",
        Diagnosis("PostgreSQL is still starting, or just stopping.", "Wait for it.", TRIAGE, passing=True),
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
            STALE,
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
            KEEP_HEALTHY,
            STALE,
            passing=True,
        ),
    ),
    Rule(
        r"psycopg_pool|psycopg2 or psycopg|no pq wrapper available|pooling requires psycopg",
        Diagnosis(
            "The driver, its C library or its pool is not installed.",
            'Depend on "psycopg[binary,pool]" in pyproject.toml, then type: uv sync',
            DRIVER,
        ),
    ),
    Rule(r"canceling statement due to lock timeout", Diagnosis(*GAVE_UP)),
    Rule(r'relation ".*" already exists|column ".*" of relation ".*" already', Diagnosis(*IN_THE_WAY)),
    Rule(r"(column|relation) \S+ does not exist", Diagnosis(*DRIFTED)),
)
