"""Tables against models: what no comparison of migrations sees."""

from io import StringIO

import pytest
from django.core.checks import CheckMessage
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from apps.core.checks.schema import check_tables_fit_the_models
from apps.core.lessons import lesson_url

pytestmark = [pytest.mark.django_db, pytest.mark.lesson("migration-history-rewrite")]


def found() -> list[CheckMessage]:
    return check_tables_fit_the_models(None, databases=["default"])


def change(statement: str) -> None:
    """Change the schema; the transaction of the test takes it back."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("ALTER TABLE users_user RENAME TO gone", "The table users_user is missing."),
        ("DROP TABLE users_user_groups", "The table users_user_groups is missing."),
        ("ALTER TABLE users_user DROP COLUMN name", "The column users_user.name is missing."),
        (
            "ALTER TABLE users_user ADD COLUMN phone text NOT NULL",
            "The column users_user.phone wants a value, and the model has no such field.",
        ),
        (
            "ALTER TABLE users_user ALTER COLUMN last_login SET NOT NULL",
            "The column users_user.last_login refuses NULL, which the model allows.",
        ),
        (
            "ALTER TABLE users_user ALTER COLUMN name TYPE varchar(10)",
            "The column users_user.name holds 10 characters, not 150.",
        ),
    ],
)
def test_drift_is_found_and_its_lesson_named(statement: str, sentence: str) -> None:
    assert found() == []
    change(statement)

    messages = found()

    assert [(message.id, message.msg) for message in messages] == [("core.E017", sentence)]
    assert str(messages[0].hint).endswith(f"Why: {lesson_url('migration-history-rewrite')}")


@pytest.mark.parametrize(
    "column", ["phone text", "phone text NOT NULL DEFAULT ''", "n bigint GENERATED ALWAYS AS IDENTITY"]
)
def test_column_that_the_database_fills_by_itself_may_stay_behind(column: str) -> None:
    change(f"ALTER TABLE users_user ADD COLUMN {column}")

    assert found() == []


def test_app_with_pending_migrations_is_not_compared() -> None:
    change("ALTER TABLE users_user DROP COLUMN name")
    MigrationRecorder(connection).record_unapplied("users", "0001_initial")

    assert found() == []


def test_release_stops_before_it_migrates_a_drifted_database() -> None:
    change("ALTER TABLE users_user DROP COLUMN name")

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
    monkeypatch.setattr(connection, "vendor", "sqlite")

    assert found() == []
