import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pymysql
import pytest

from devtools import mysql_server, ports, services
from devtools.errors import DevtoolsError
from devtools.for_tests import PROJECT
from devtools.homes import Home
from devtools.state import Service


def is_installed() -> bool:
    home = services.make_temporary_home(PROJECT)
    try:
        mysql_server.find_server(home)
    except DevtoolsError:
        return False
    finally:
        services.remove_temporary_home(home)
    return True


needs_server = pytest.mark.skipif(
    not is_installed(), reason="There is no mysqld or mariadbd on this machine; the database is elsewhere."
)


@pytest.fixture(scope="module")
def busy_home() -> Iterator[Home]:
    made = services.make_temporary_home(PROJECT)
    yield made
    services.remove_temporary_home(made)


@pytest.fixture(scope="module")
def service(busy_home: Home) -> Iterator[Service]:
    """A server that was started while the port it preferred was taken."""
    with socket.create_server((ports.LOOPBACK, 0)) as squatter:
        taken = squatter.getsockname()[1]
        service = mysql_server.start(busy_home, port=taken, durable=False)
        assert service.port != taken
        yield service


def connect(
    service: Service, *, user: str | None = None, password: str | None = None
) -> "pymysql.Connection[pymysql.cursors.Cursor]":
    url = urlsplit(service.variables["DATABASE_URL"])
    return pymysql.connect(
        host=url.hostname,
        port=service.port,
        user=url.username if user is None else user,
        password=(url.password or "") if password is None else password,
        database=url.path.strip("/"),
    )


def ask(service: Service, sql: str) -> list[tuple[object, ...]]:
    with connect(service) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        connection.commit()
        return list(cursor.fetchall())


def test_the_message_tells_how_to_get_a_server_when_there_is_none(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(mysql_server, "PLACES", ())

    with pytest.raises(DevtoolsError) as caught:
        mysql_server.start(home)

    assert str(caught.value) == mysql_server.MISSING
    assert "sudo apt-get install mariadb-server" in mysql_server.MISSING
    assert "brew install mysql" in mysql_server.MISSING
    assert "docker run" in mysql_server.MISSING
    assert "DATABASE_URL=mysql://" in mysql_server.MISSING


def test_a_program_that_cannot_be_run_is_passed_by(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in mysql_server.PROGRAMS:
        (tmp_path / name).write_text("no program")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(mysql_server, "PLACES", ())

    with pytest.raises(DevtoolsError, match="No MySQL or MariaDB server was found"):
        mysql_server.find_server(home)


def test_a_program_that_may_not_write_here_is_explained(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    program, rule = home.folder / "mysqld", home.folder / "usr.sbin.mysqld"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    rule.touch()
    server = mysql_server.Server(program, is_mariadb=False)
    monkeypatch.setattr(mysql_server, "find_server", lambda _home: server)
    monkeypatch.setattr(mysql_server, "APPARMOR", rule)

    with pytest.raises(DevtoolsError) as caught:
        mysql_server.start(home)

    assert str(caught.value).startswith("MySQL could not make its data folder.\nThe end of ")
    assert f"AppArmor lets this program write to /var/lib/mysql only: see {rule}." in str(caught.value)


@needs_server
def test_the_projects_user_has_its_database_and_those_of_the_tests_only(service: Service) -> None:
    grants = "\n".join(str(grant) for (grant,) in ask(service, "SHOW GRANTS"))

    assert ask(service, "SELECT CURRENT_USER(), DATABASE()") == [("app@127.0.0.1", "app")]
    assert "GRANT USAGE ON *.*" in grants
    assert "ON `app`.*" in grants
    assert "ON `test\\_%`.*" in grants
    assert len(grants.splitlines()) == 3


@needs_server
@pytest.mark.parametrize("user", ["app", "root", "nobody", ""])
def test_nobody_else_gets_in(service: Service, user: str) -> None:
    for password in ("", "wrong"):
        with pytest.raises(pymysql.OperationalError, match="denied"):
            connect(service, user=user, password=password)


@needs_server
def test_the_server_is_reached_from_this_machine_only(service: Service) -> None:
    server = service.process.find()

    assert server is not None
    listening = [c.laddr for c in server.net_connections() if c.status == psutil.CONN_LISTEN]
    assert [tuple(address) for address in listening] == [(ports.LOOPBACK, service.port)]
    assert {str(c.laddr) for c in server.net_connections(kind="unix")} <= {""}


@needs_server
def test_the_password_is_for_the_owners_eyes_only(service: Service, busy_home: Home) -> None:
    for file in (mysql_server.password_file(busy_home), busy_home.folder / "mysql.init"):
        assert file.stat().st_mode & 0o077 == 0


@needs_server
def test_data_survive_a_restart_and_the_old_server_is_gone(service: Service, busy_home: Home) -> None:
    ask(service, "CREATE TABLE kept AS SELECT 42 AS answer")

    # Without stopping the first: as after a kill.
    again = mysql_server.start(busy_home, port=None, durable=False)

    assert service.process.find() is None
    assert mysql_server.is_running(busy_home) is True
    assert ask(again, "SELECT answer FROM kept") == [(42,)]


@needs_server
def test_data_of_the_other_server_are_explained_and_kept(home: Home) -> None:
    data = mysql_server.data_folder(home)
    data.mkdir()
    mysql_server.kind_file(home).write_text("PerconaDB")

    with pytest.raises(DevtoolsError) as caught:
        mysql_server.start(home)

    message = str(caught.value)
    assert message.startswith(f"{data} was made by PerconaDB; the server that was found is ")
    assert f"type:  rm -r {data}\n" in message
    assert "uv run just manage dumpdata" in message
    assert data.exists()
