"""PostgreSQL as the project meets it: the engine, the driver, the address, rights and lost connections."""

import os
import random
import string
from urllib.parse import quote

import dj_database_url
import psycopg
import pytest
from django.db import DataError, connection

from apps.users.models import User
from config.urls_in_env import require_service_url
from tests.processes import production_environment, run_python

# No letter of it is a hexadecimal digit: %41 would be an "A" by right.
ALPHABET = string.punctuation + "xyz"


@pytest.mark.lesson("db-engine-parity")
@pytest.mark.django_db
def test_tests_run_on_the_engine_of_production() -> None:
    assert connection.vendor == "postgresql"


@pytest.mark.lesson("db-engine-parity")
@pytest.mark.django_db
def test_value_that_is_too_long_is_refused_and_not_stored() -> None:
    with pytest.raises(DataError, match=r"value too long for type character varying\(150\)"):
        User.objects.create(email="long@example.com", name="x" * 200)


@pytest.mark.lesson("pg-connection-triage")
def test_projects_role_may_create_tables_in_its_database() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as own:
        own.execute("CREATE TABLE public.probe ()")
        own.rollback()


@pytest.mark.lesson("db-driver")
@pytest.mark.django_db
def test_driver_and_its_pool_are_installed_as_production_uses_them() -> None:
    connects = (
        "import config, django; django.setup();"
        "from django.db import connection; connection.ensure_connection(); connection.close();"
        "import psycopg; print(psycopg.pq.__impl__, connection.pool.name); connection.close_pool()"
    )
    result = run_python("-c", connects, environment=production_environment())

    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("binary pool-")


@pytest.mark.lesson("pg-stale-connections")
@pytest.mark.django_db
def test_connection_that_the_server_closed_is_replaced() -> None:
    # Between two requests the connection lies in the pool, where nobody sees it die.
    asks_twice = (
        "import config, django; django.setup();"
        "from django.db import connection as c;"
        "c.ensure_connection(); lost = c.connection.info.backend_pid; c.close();"
        "import psycopg; server = psycopg.connect(**c.get_connection_params(), autocommit=True);"
        "server.execute('SELECT pg_terminate_backend(%s, 5000)', [lost]); server.close();"
        "c.ensure_connection(); c.cursor().execute('SELECT 1');"
        "print(c.connection.info.backend_pid != lost); c.close(); c.close_pool()"
    )
    result = run_python("-c", asks_twice, environment=production_environment())

    assert result.returncode == 0, result.stderr
    assert result.stdout == "True\n"


def random_passwords() -> list[str]:
    """The same five hundred each time, so that a failure can be repeated."""
    dice = random.Random(0)  # noqa: S311 - no secret
    return ["".join(dice.choices(ALPHABET, k=dice.randint(1, 12))) for _ in range(500)]


@pytest.mark.lesson("pg-url-encoding")
def test_escaped_password_arrives_whole_whatever_is_in_it() -> None:
    for password in random_passwords():
        url = f"postgres://app:{quote(password, safe='')}@db.example.com:5432/shop"
        parsed = dj_database_url.parse(require_service_url(url, schemes=("postgres",), path=True))

        assert (parsed["HOST"], parsed["NAME"], parsed["PASSWORD"]) == ("db.example.com", "shop", password)


@pytest.mark.lesson("pg-url-encoding")
def test_password_that_is_not_escaped_arrives_whole_or_is_refused() -> None:
    refused = 0
    for password in random_passwords():
        url = f"postgres://app:{password}@db.example.com:5432/shop"
        try:
            accepted = require_service_url(url, schemes=("postgres",), path=True)
        except ValueError:
            refused += 1
            continue
        parsed = dj_database_url.parse(accepted)

        assert (parsed["HOST"], parsed["NAME"], parsed["PASSWORD"]) == ("db.example.com", "shop", password)
    assert refused > 100
