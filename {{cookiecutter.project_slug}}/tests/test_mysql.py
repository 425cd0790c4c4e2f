"""MySQL and MariaDB as the project meets them: the driver, comparisons, rights and lost connections."""

import os
from urllib.parse import urlsplit

import pymysql
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import DataError, IntegrityError, NotSupportedError, connection, models
from django.db.models import Value
from django.db.models.functions import Concat

from apps.background.models import OutboxMessage
from apps.core.database.mysql import base
from apps.core.database.refusals import constraint_of, is_conflict
from apps.users.models import User
from apps.users.tests.factories import UserFactory
from config.database import read_database_url
from tests.processes import production_environment, run_python


@pytest.mark.lesson("pg-connection-triage")
def test_projects_user_may_create_tables_in_its_database_and_in_no_other() -> None:
    url = urlsplit(os.environ["DATABASE_URL"])
    own = pymysql.connect(
        host=url.hostname,
        port=url.port or 3306,
        user=url.username,
        password=url.password or "",
        database=url.path.strip("/"),
    )
    with own, own.cursor() as cursor:
        cursor.execute("CREATE TABLE probe (id int)")
        cursor.execute("DROP TABLE probe")
        with pytest.raises(pymysql.OperationalError, match="denied"):
            cursor.execute("CREATE DATABASE of_somebody_else")


@pytest.mark.lesson("db-driver")
@pytest.mark.django_db
def test_driver_is_installed_as_production_uses_it() -> None:
    connects = (
        "import config, django; django.setup();"
        "from django.db import connection; connection.ensure_connection();"
        "print(connection.Database.__name__, connection.settings_dict['CONN_MAX_AGE'])"
    )
    result = run_python("-c", connects, environment=production_environment())

    assert result.returncode == 0, result.stderr
    assert result.stdout == "pymysql 60\n"


@pytest.mark.lesson("pg-stale-connections")
@pytest.mark.django_db
def test_connection_that_the_server_closed_is_replaced() -> None:
    # Between two requests the connection stays with its thread, where nobody sees it die.
    asks_twice = (
        "import config, django; django.setup();"
        "from django.db import close_old_connections, connection as c;"
        "ask = lambda: (lambda k: (k.execute('SELECT CONNECTION_ID()'), k.fetchone()[0])[1])(c.cursor());"
        "lost = ask();"
        "server = c.Database.connect(**c.get_connection_params()); k = server.cursor();"
        "k.execute(f'KILL {lost}'); server.close();"
        "close_old_connections();"
        "print(ask() != lost)"
    )
    result = run_python("-c", asks_twice, environment=production_environment())

    assert result.returncode == 0, result.stderr
    assert result.stdout == "True\n"


@pytest.mark.lesson("db-engine-parity")
@pytest.mark.django_db
def test_text_is_compared_letter_by_letter_and_without_case_only_when_asked_for() -> None:
    UserFactory.create(name="École")
    found = User.objects.filter

    assert found(name="École").exists()
    assert not found(name="école").exists()
    assert not found(name="Ecole").exists()
    assert not found(name="École ").exists()
    assert not found(name__contains="éc").exists()
    assert found(name__icontains="ÉCO").exists()
    assert not found(name__icontains="eco").exists()
    assert found(name__iexact="éCOLE").exists()
    assert found(name__istartswith="éc").exists()
    assert found(name__iendswith="OLE").exists()
    assert not found(name__icontains="_").exists()


@pytest.mark.lesson("db-engine-parity")
@pytest.mark.django_db
@pytest.mark.parametrize("lookup", ["icontains", "istartswith", "iendswith"])
def test_text_is_compared_without_case_to_a_column_too(lookup: str) -> None:
    UserFactory.create(name="ÉCOLE")
    small = Concat(Value(""), Value("école"), output_field=models.CharField())

    assert User.objects.filter(**{f"name__{lookup}": small}).exists()


@pytest.mark.django_db
def test_text_inside_of_json_is_compared_without_case_too() -> None:
    OutboxMessage.objects.create(task_name="probe", kwargs={"name": "École"})

    assert OutboxMessage.objects.filter(kwargs__name__icontains="éCOL").exists()
    assert OutboxMessage.objects.filter(kwargs__icontains="COLE").exists()
    assert not OutboxMessage.objects.filter(kwargs__name__contains="éCOL").exists()


@pytest.mark.django_db
def test_nul_in_text_is_refused_as_by_postgresql() -> None:
    with connection.cursor() as cursor:
        with pytest.raises(DataError, match="cannot hold the character NUL"):
            cursor.execute("SELECT %s", ["a\0b"])
        with pytest.raises(DataError, match="cannot hold the character NUL"):
            cursor.executemany("SELECT %s", [["a"], ["a\0b"]])


@pytest.mark.lesson("pg-connection-triage")
def test_named_authority_makes_encryption_required_and_verified() -> None:
    options = read_database_url("mysql://app:x@db.example.com/app?ssl-ca=/etc/ca.pem", pool_size=4)["OPTIONS"]

    assert options["ssl"] == {"ca": "/etc/ca.pem"}


@pytest.mark.django_db
def test_isolation_and_strictness_do_not_depend_on_the_server() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')")
        isolation = {level for _, level in cursor.fetchall()}
        cursor.execute("SELECT @@sql_mode")
        [(mode,)] = cursor.fetchall()

    assert isolation == {"READ-COMMITTED"}
    assert "STRICT_ALL_TABLES" in mode


@pytest.mark.parametrize(
    ("is_mariadb", "found", "needed"),
    [(True, (10, 5, 9), "MariaDB 10.6"), (False, (8, 0, 11), "MySQL 8.0.17")],
)
@pytest.mark.django_db
def test_server_that_is_too_old_is_refused(
    is_mariadb: bool, found: tuple[int, ...], needed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapper = base.DatabaseWrapper(connection.settings_dict, "probe")
    monkeypatch.setitem(wrapper.__dict__, "mysql_is_mariadb", is_mariadb)
    monkeypatch.setattr(wrapper, "get_database_version", lambda: found)

    with pytest.raises(NotSupportedError, match=f"{needed} or later is required"):
        wrapper.check_database_version_supported()


@pytest.mark.django_db
def test_every_table_tells_letters_apart() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_collation FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        [(collation,)] = cursor.fetchall()

    assert collation in ("utf8mb4_0900_bin", "utf8mb4_nopad_bin")


@pytest.mark.django_db
def test_only_what_stands_against_another_row_is_a_conflict() -> None:
    user = UserFactory.create()

    with pytest.raises(IntegrityError) as twice:
        User.objects.create(pk=user.pk, email="other@example.com")

    assert (is_conflict(twice.value), constraint_of(twice.value)) == (True, "PRIMARY")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "text", "name"),
    [
        (1062, "Duplicate entry 'a@b' for key 'users_user.email'", "email"),
        (1062, "Duplicate entry 'for key 'x' a' for key 'email'", "email"),
        (
            1452,
            "Cannot add or update a child row: a foreign key constraint fails (`app`.`orders`, CONSTRAINT "
            "`orders_guest_fk` FOREIGN KEY (`guest_id`) REFERENCES `users_user` (`id`))",
            "orders_guest_fk",
        ),
    ],
)
def test_name_of_a_constraint_is_read_from_what_the_server_says(code: int, text: str, name: str) -> None:
    error = IntegrityError()
    error.__cause__ = pymysql.IntegrityError(code, text)

    assert (is_conflict(error), constraint_of(error)) == (True, name)


@pytest.mark.parametrize(("code", "text"), [(1048, "Column 'name' cannot be null"), (3819, "Check")])
def test_what_is_wrong_in_itself_is_no_conflict(code: int, text: str) -> None:
    error = IntegrityError()
    error.__cause__ = pymysql.IntegrityError(code, text)

    assert not is_conflict(error)


@pytest.mark.lesson("db-driver")
def test_driver_that_is_missing_is_named() -> None:
    hidden = "import sys; sys.modules['pymysql'] = None; import apps.core.database.mysql.base"
    result = run_python("-c", hidden, environment=production_environment())

    assert "Error loading pymysql module. Did you install pymysql?" in result.stderr
    assert ImproperlyConfigured.__name__ in result.stderr
