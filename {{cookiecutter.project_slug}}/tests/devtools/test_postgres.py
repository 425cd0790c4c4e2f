import os
import socket
from collections.abc import Iterator

import psycopg
import pytest

from devtools import ports, postgres, services
from devtools.errors import DevtoolsError
from devtools.for_tests import PROJECT
from devtools.homes import Home
from devtools.state import Service


@pytest.fixture(scope="module")
def busy_home() -> Iterator[Home]:
    made = services.make_temporary_home(PROJECT)
    yield made
    services.remove_temporary_home(made)


@pytest.fixture(scope="module")
def service(account_with_a_name: None, busy_home: Home) -> Iterator[Service]:
    """A server that was started while the port it preferred was taken."""
    with socket.create_server((ports.LOOPBACK, 0)) as squatter:
        taken = squatter.getsockname()[1]
        service = postgres.start(busy_home, port=taken, durable=False)
        assert service.port != taken
        yield service


def test_the_projects_role_owns_its_database_without_being_a_superuser(service: Service) -> None:
    with psycopg.connect(service.variables["DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT current_user, rolsuper, rolcreatedb, datname,"
            " pg_get_userbyid(datdba) FROM pg_roles, pg_database"
            " WHERE rolname = current_user AND datname = current_database()"
        ).fetchone()

    assert row == ("app", False, True, "app", "app")


def test_a_wrong_password_is_refused(service: Service) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgres://app:wrong@127.0.0.1:{service.port}/app")


def test_the_server_is_recognised_in_its_data_folder(service: Service, busy_home: Home) -> None:
    assert service.process.find() is not None
    assert postgres.is_running(busy_home) is True


def test_data_survive_a_restart_and_the_old_server_is_gone(service: Service, busy_home: Home) -> None:
    with psycopg.connect(service.variables["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    # Without stopping the first: as after a kill.
    again = postgres.start(busy_home, port=None, durable=False)

    assert service.process.find() is None
    with psycopg.connect(again.variables["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_data_of_another_major_version_are_explained_and_kept(home: Home) -> None:
    data = postgres.data_folder(home)
    data.mkdir()
    (data / "PG_VERSION").write_text("17\n")
    remove = "Remove-Item -Recurse" if os.name == "nt" else "rm -r"

    with pytest.raises(DevtoolsError) as caught:
        postgres.start(home)

    message = str(caught.value)
    assert message.startswith(f"{data} was made by PostgreSQL 17; this project now runs PostgreSQL 18")
    assert f"type:  {remove} {data}\n" in message
    assert "uv run just manage dumpdata" in message
    assert (data / "PG_VERSION").read_text() == "17\n"
