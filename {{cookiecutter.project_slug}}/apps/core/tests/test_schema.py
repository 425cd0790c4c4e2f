"""Tables against models: what no comparison of migrations sees."""

from collections.abc import Callable, Iterator
from io import StringIO

import pytest
from django.core.checks import CheckMessage
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from apps.core.checks.schema import check_tables_fit_the_models
from apps.core.lessons import lesson_url

# MySQL commits each change of the schema at once: no transaction takes it back, so the test does.
COMMITS_CHANGES = not connection.features.can_rollback_ddl

pytestmark = [
    pytest.mark.django_db(transaction=COMMITS_CHANGES),
    pytest.mark.lesson("migration-history-rewrite"),
]

Change = Callable[[str, str], None]

# A change of the tables, what takes it back, and how it is told. MySQL changes columns in words of its own.
DRIFTS = [
    (
        "ALTER TABLE users_user RENAME TO gone",
        "ALTER TABLE gone RENAME TO users_user",
        "The table users_user is missing.",
    ),
    (
        "ALTER TABLE users_user_groups RENAME TO gone",
        "ALTER TABLE gone RENAME TO users_user_groups",
        "The table users_user_groups is missing.",
    ),
    (
        "ALTER TABLE users_user DROP COLUMN name",
        "ALTER TABLE users_user ADD COLUMN name varchar(150) NOT NULL",
        "The column users_user.name is missing.",
    ),
    (
        "ALTER TABLE users_user ADD COLUMN phone varchar(20) NOT NULL",
        "ALTER TABLE users_user DROP COLUMN phone",
        "The column users_user.phone wants a value, and the model has no such field.",
    ),
    (
        {
            "postgresql": "ALTER TABLE users_user ALTER COLUMN last_login SET NOT NULL",
            "mysql": "ALTER TABLE users_user MODIFY last_login datetime(6) NOT NULL",
        }[connection.vendor],
        "ALTER TABLE users_user MODIFY last_login datetime(6) NULL",
        "The column users_user.last_login refuses NULL, which the model allows.",
    ),
    (
        {
            "postgresql": "ALTER TABLE users_user ALTER COLUMN name TYPE varchar(10)",
            "mysql": "ALTER TABLE users_user MODIFY name varchar(10) NOT NULL",
        }[connection.vendor],
        "ALTER TABLE users_user MODIFY name varchar(150) NOT NULL",
        "The column users_user.name holds 10 characters, not 150.",
    ),
]
FILLED_BY_ITSELF = [
    "extra varchar(20)",
    "extra varchar(20) NOT NULL DEFAULT ''",
    {
        "postgresql": "extra bigint GENERATED ALWAYS AS IDENTITY",
        "mysql": "extra bigint GENERATED ALWAYS AS (id) VIRTUAL",
    }[connection.vendor],
]


def found() -> list[CheckMessage]:
    return check_tables_fit_the_models(None, databases=["default"])


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def change() -> Iterator[Change]:
    """Changes the schema; after the test it is as it was."""
    backwards: list[str] = []

    def execute_for_now(statement: str, back: str) -> None:
        execute(statement)
        backwards.append(back)

    yield execute_for_now
    if COMMITS_CHANGES:
        for back in backwards:
            execute(back)


@pytest.mark.parametrize(("statement", "back", "sentence"), DRIFTS)
def test_drift_is_found_and_its_lesson_named(
    statement: str, back: str, sentence: str, change: Change
) -> None:
    assert found() == []
    change(statement, back)

    messages = found()

    assert [(message.id, message.msg) for message in messages] == [("core.E017", sentence)]
    assert str(messages[0].hint).endswith(f"Why: {lesson_url('migration-history-rewrite')}")


@pytest.mark.parametrize("column", FILLED_BY_ITSELF)
def test_column_that_the_database_fills_by_itself_may_stay_behind(column: str, change: Change) -> None:
    change(f"ALTER TABLE users_user ADD COLUMN {column}", "ALTER TABLE users_user DROP COLUMN extra")

    assert found() == []


def test_app_with_pending_migrations_is_not_compared(change: Change) -> None:
    change(*DRIFTS[2][:2])
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied("users", "0001_initial")

    messages = found()

    recorder.record_applied("users", "0001_initial")
    assert messages == []


def test_release_stops_before_it_migrates_a_drifted_database(change: Change) -> None:
    change(*DRIFTS[2][:2])

    with pytest.raises(SystemCheckError, match=r"\(core\.E017\) The column users_user\.name is missing"):
        call_command("migrate", skip_checks=False, stdout=StringIO())


def test_check_without_a_database_asks_none() -> None:
    assert check_tables_fit_the_models(None) == []


def test_database_that_refuses_us_is_diagnosed_instead_of_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = connection.get_connection_params() | {"password": "wrong"}
    monkeypatch.setattr(connection, "get_connection_params", lambda: wrong)

    messages = found()

    assert [message.id for message in messages] == ["core.E018"]
    assert str(messages[0].hint).endswith(f"Why: {lesson_url('pg-connection-triage')}")


def test_other_engine_is_left_to_the_check_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "django.db.backends.sqlite3")

    assert found() == []
