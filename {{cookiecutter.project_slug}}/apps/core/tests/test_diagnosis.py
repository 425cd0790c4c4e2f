"""What the server and the driver say, and what is made of it."""

import socket
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

from apps.core.database.connect import ask_database
from apps.core.database.diagnosis import diagnose
from apps.core.lessons import lesson_url

TRIAGE = "pg-connection-triage"
STALE = "pg-stale-connections"

# The texts as PostgreSQL 18, libpq and psycopg 3.3 print them; then as MySQL 8.4, MariaDB 10.11 and PyMySQL.
TEXTS = [
    ("FATAL:  the database system is starting up", "still starting", TRIAGE),
    (
        'connection to server at "127.0.0.1", port 5432 failed: Connection refused\n'
        "\tIs the server running on that host and accepting TCP/IP connections?",
        "Nothing listens",
        TRIAGE,
    ),
    ("failed to resolve host 'db': [Errno -2] Name or service not known", "host name", TRIAGE),
    ("connection timeout expired", "does not answer", TRIAGE),
    ('FATAL:  password authentication failed for user "app"', "the role or its password", TRIAGE),
    ("fe_sendauth: no password supplied", "holds no password", TRIAGE),
    ('FATAL:  database "shop" does not exist', "no database of the name", TRIAGE),
    ('FATAL:  role "root" does not exist', "no role of the name", TRIAGE),
    ("server does not support SSL, but SSL was required", "asks for encryption", TRIAGE),
    (
        'FATAL:  no pg_hba.conf entry for host "10.0.0.7", user "app", database "app", no encryption',
        "lets nobody in",
        TRIAGE,
    ),
    ("permission denied for schema public", "not create tables", TRIAGE),
    ("permission denied to create database", "tests make a database", TRIAGE),
    ('FATAL:  too many connections for role "app"', "are taken", STALE),
    ("FATAL:  sorry, too many clients already", "are taken", STALE),
    ("couldn't get a connection after 10.00 sec", "pool had no connection", TRIAGE),
    ("terminating connection due to administrator command", "was kept open", STALE),
    ("server closed the connection unexpectedly", "was kept open", STALE),
    ("Error loading psycopg_pool module.\nDid you install psycopg[pool]?", "not installed", "db-driver"),
    ("Error loading psycopg2 or psycopg module", "not installed", "db-driver"),
    ("column shop_item.sku does not exist", "not what the models say", "migration-history-rewrite"),
    ("canceling statement due to lock timeout", "given up waiting", "migration-locks-and-rollback"),
    ('relation "shop_cat" already exists', "is there already", "migration-history-rewrite"),
    ('column "sku" of relation "shop_cat" already exists', "is there already", "migration-history-rewrite"),
    (
        "(2003, \"Can't connect to MySQL server on '127.0.0.1' ([Errno 111] Connection refused)\")",
        "Nothing listens",
        TRIAGE,
    ),
    (
        "(2003, \"Can't connect to MySQL server on 'db' ([Errno -2] Name or service not known)\")",
        "host name",
        TRIAGE,
    ),
    ("(2003, \"Can't connect to MySQL server on '10.0.0.9' (timed out)\")", "does not answer", TRIAGE),
    ("(1053, 'Server shutdown in progress')", "just stopping", TRIAGE),
    (
        "(1045, \"Access denied for user 'app'@'10.0.0.7' (using password: YES)\")",
        "the user or its password",
        TRIAGE,
    ),
    ("(1698, \"Access denied for user 'app'@'10.0.0.7'\")", "the user or its password", TRIAGE),
    (
        "(1045, \"Access denied for user 'app'@'10.0.0.7' (using password: NO)\")",
        "holds no password",
        TRIAGE,
    ),
    ("(1049, \"Unknown database 'shop'\")", "no database of the name", TRIAGE),
    ("(1044, \"Access denied for user 'app'@'%' to database 'test_shop'\")", "tests make a database", TRIAGE),
    ("(1044, \"Access denied for user 'app'@'%' to database 'shop'\")", "has no rights", TRIAGE),
    (
        "(1142, \"CREATE command denied to user 'app'@'%' for table `shop`.`django_migrations`\")",
        "may connect",
        TRIAGE,
    ),
    (
        "(1130, \"Host '10.0.0.7' is not allowed to connect to this MySQL server\")",
        "may come from here",
        TRIAGE,
    ),
    ("(3159, 'Connections using insecure transport are prohibited …')", "wants encryption", TRIAGE),
    ('(2026, "SSL is required but the server doesn\'t support it")', "asks for encryption", TRIAGE),
    (
        "(2003, \"Can't connect to MySQL server on 'db' ([SSL: CERTIFICATE_VERIFY_FAILED] …)\")",
        "not signed by an authority",
        TRIAGE,
    ),
    ("(1040, 'Too many connections')", "are taken", STALE),
    ("(1203, \"User app already has more than 'max_user_connections' active\")", "are taken", STALE),
    ("(2006, 'MySQL server has gone away')", "was kept open", STALE),
    ("(2013, 'Lost connection to MySQL server during query')", "was kept open", STALE),
    ("Error loading pymysql module. Did you install pymysql?", "not installed", "db-driver"),
    (
        "'cryptography' package is required for sha256_password or caching_sha2_password auth methods",
        "not installed",
        "db-driver",
    ),
    ("Are time zone definitions for your database installed?", "time zones", TRIAGE),
    (
        "(1054, \"Unknown column 'shop_item.sku' in 'field list'\")",
        "not what the models say",
        "migration-history-rewrite",
    ),
    (
        "(1205, 'Lock wait timeout exceeded; try restarting transaction')",
        "given up waiting",
        "migration-locks-and-rollback",
    ),
    (
        "(1050, \"Table 'shop_cat' already exists\")",
        "is there already",
        "migration-history-rewrite",
    ),
    ("(1061, \"Duplicate key name 'by_sku'\")", "is there already", "migration-history-rewrite"),
    (
        "(1146, \"Table 'shop.shop_cat' doesn't exist\")",
        "not what the models say",
        "migration-history-rewrite",
    ),
]
# What the server that the tests run on says to a mistake in the address.
MISTAKES: dict[str, list[tuple[dict[str, object], str]]] = {
    "postgresql": [
        ({"password": "wrong"}, "the role or its password"),
        ({"user": "nobody_knows"}, "the role or its password"),
        ({"password": ""}, "holds no password"),
        ({"dbname": "nowhere"}, "no database of the name"),
        ({"sslmode": "require"}, "asks for encryption"),
    ],
    "mysql": [
        ({"password": "wrong"}, "the user or its password"),
        ({"user": "nobody_knows"}, "the user or its password"),
        ({"password": ""}, "holds no password"),
        ({"database": "nowhere"}, "has no rights"),
    ],
}


@pytest.mark.lesson("pg-connection-triage")
@pytest.mark.parametrize(("text", "problem", "lesson"), TEXTS)
def test_text_is_told_apart(text: str, problem: str, lesson: str) -> None:
    found = diagnose(OperationalError(text))

    assert problem in found.problem
    assert found.mend
    assert (found.seen, found.lesson) == (text.partition("\n")[0], lesson)


def test_text_of_a_cause_is_found_below_another_error() -> None:
    error = RuntimeError("The release failed.")
    error.__cause__ = OperationalError("fe_sendauth: no password supplied")

    assert "holds no password" in diagnose(error).problem


@pytest.mark.parametrize(
    ("error", "seen"), [(OperationalError("disk on fire\nmore"), "disk on fire"), (KeyError(), "KeyError")]
)
def test_unknown_error_is_passed_on_in_its_own_words(error: Exception, seen: str) -> None:
    assert diagnose(error).seen == seen


@pytest.fixture
def changed_address(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let Django look for the database elsewhere, beside the connection of the tests."""

    def change(**parameters: object) -> None:
        known = connection.get_connection_params() | parameters
        monkeypatch.setattr(connection, "get_connection_params", lambda: known)

    return change


@pytest.mark.lesson("pg-connection-triage")
@pytest.mark.django_db
@pytest.mark.parametrize(("wrong", "problem"), MISTAKES[connection.vendor])
def test_mistake_is_recognised_in_what_a_real_server_answers(
    wrong: dict[str, str], problem: str, changed_address: Callable[..., None]
) -> None:
    changed_address(**wrong)

    with pytest.raises(OperationalError) as refused:
        ask_database()

    assert problem in diagnose(refused.value).problem


def test_wait_ends_when_the_database_answers(db: None) -> None:
    output = StringIO()

    call_command("wait_for_db", stdout=output)

    assert output.getvalue() == "The database answers.\n"


@pytest.mark.django_db
def test_wait_tries_again_while_the_server_is_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapper: Any = connection
    driver = wrapper.Database
    connect = driver.connect
    answers = [driver.OperationalError("FATAL:  the database system is starting up"), None]

    def connect_later(**parameters: Any) -> Any:
        if answer := answers.pop(0):
            raise answer
        return connect(**parameters)

    monkeypatch.setattr(driver, "connect", connect_later)

    call_command("wait_for_db", timeout=30, stdout=StringIO())

    assert answers == []


@pytest.mark.django_db
def test_wait_gives_up_in_time_and_says_what_is_wrong(changed_address: Callable[..., None]) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        changed_address(port=unheard.getsockname()[1])

        with pytest.raises(CommandError, match="Nothing listens") as given_up:
            call_command("wait_for_db", timeout=0)

    assert str(given_up.value).endswith(f"Why: {lesson_url(TRIAGE)}")


@pytest.mark.django_db
def test_wait_does_not_wait_for_what_waiting_cannot_mend(changed_address: Callable[..., None]) -> None:
    changed_address(password="wrong")

    with pytest.raises(CommandError, match="or its password") as given_up:
        call_command("wait_for_db", timeout=3600)

    assert str(settings.DATABASES["default"]["PASSWORD"]) not in str(given_up.value)
