"""PostgreSQL as the project meets it: the driver, its pool, rights and lost connections."""

import os

import psycopg
import pytest

from tests.processes import production_environment, run_python


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
