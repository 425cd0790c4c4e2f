"""``manage.py release``: once for each release, however many begin it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from io import StringIO

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, models

from apps.core.database.lock import exclusive, impatient
from apps.core.lessons import lesson_url
from tests import processes
from tests.releases import empty_database, own_database, release_at_once

# The databases that they make are outside of any transaction.
pytestmark = pytest.mark.django_db(transaction=True)
# After ten seconds, so that a release without patience of its own does not wait for ever.
THROWN_OUT = {
    "postgresql": "SET idle_in_transaction_session_timeout = '10s'",
    "mysql": "SET SESSION wait_timeout = 10",
}

only_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="Only PostgreSQL builds indexes CONCURRENTLY."
)


@pytest.mark.lesson("migrate-once-per-release")
def test_of_three_releases_that_begin_together_one_migrates_and_the_others_wait() -> None:
    with empty_database() as address:
        ended = release_at_once(3, DATABASE_URL=address)

    assert [status for status, _ in ended] == [0, 0, 0], "\n".join(output for _, output in ended)
    assert sum("No migrations to apply." in output for _, output in ended) == 2


def test_a_release_says_what_is_wrong_with_the_database_and_ends_with_status_1() -> None:
    scheme, _, _ = processes.database_url().partition(":")

    [(status, output)] = release_at_once(1, DATABASE_URL=f"{scheme}://app:wrong@127.0.0.1:1/app")

    assert status == 1
    assert "Nothing listens at the host and port of DATABASE_URL." in output
    assert "Traceback" not in output


@contextmanager
def long_reader() -> Iterator[None]:
    """Somebody who reads a table inside the block and leaves the transaction open, until he is thrown out."""
    with closing(connections.create_connection("default")) as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(THROWN_OUT[other.vendor])
            cursor.execute("SELECT * FROM django_content_type")
            yield


@pytest.mark.lesson("migration-locks-and-rollback")
def test_a_release_gives_up_when_a_table_is_not_free_instead_of_holding_up_everybody() -> None:
    with own_database():
        # The second migration changes the table of the first.
        call_command("migrate", "contenttypes", "0001", verbosity=0)
        with (
            long_reader(),
            pytest.raises(CommandError, match=r"has given up waiting for it\.") as refusal,
        ):
            call_command("release", lock_timeout=1, stdout=StringIO())

    assert str(refusal.value).endswith(lesson_url("migration-locks-and-rollback"))


@pytest.fixture
def one_table() -> Iterator[None]:
    """A database of its own, with one model's table."""
    with own_database():
        call_command("migrate", "contenttypes", "0001", verbosity=0)
        yield


def build_an_index_concurrently() -> bool:
    """Do what ``AddIndexConcurrently`` does; return whether the index is of use."""
    index = models.Index(fields=["app_label"], name="by_label")
    with connection.schema_editor(atomic=False) as editor:
        editor.add_index(ContentType, index, concurrently=True)  # type: ignore[call-arg]
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_label'::regclass")
        return bool(cursor.fetchone()[0])


@only_postgresql
@pytest.mark.lesson("migration-locks-and-rollback")
def test_an_index_that_is_built_concurrently_waits_for_old_transactions_as_long_as_they_take(
    one_table: None,
) -> None:
    with closing(connections.create_connection("default")) as backup:
        backup.set_autocommit(False)
        with backup.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '2s'")
            cursor.execute("SELECT * FROM django_migrations")
        with impatient(1):
            assert build_an_index_concurrently()
            assert lock_timeout() == "1s"


@only_postgresql
def test_after_a_release_a_database_keeps_what_it_is_set_to_wait(one_table: None) -> None:
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET lock_timeout = '7s'")
    connection.close()

    with impatient(1):
        assert lock_timeout() == "1s"

    assert lock_timeout() == "7s"


@only_postgresql
def test_a_connection_that_is_lost_on_the_way_is_what_the_release_complains_of(one_table: None) -> None:
    with (
        pytest.raises(OperationalError, match="terminating connection"),
        impatient(1),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@only_postgresql
@pytest.mark.lesson("migrate-once-per-release")
def test_a_release_that_waits_for_another_one_does_not_hold_up_its_index(one_table: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '20s'")

    with ThreadPoolExecutor() as threads, exclusive("test"):
        threads.submit(wait_for_the_other)
        wait_until_somebody_waits()
        assert build_an_index_concurrently()


def wait_for_the_other() -> None:
    with exclusive("test"):
        pass


def wait_until_somebody_waits() -> None:
    """Two have asked for the lock: who has it, and who waits."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_%advisory_lock(%'"
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(asked)
            if cursor.fetchone()[0] == 2:
                return
            time.sleep(0.05)
    raise AssertionError("Nobody waits.")


def lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])
