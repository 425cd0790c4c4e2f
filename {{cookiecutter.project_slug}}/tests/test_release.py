"""``manage.py release``: once for each release, however many begin it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

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
