"""The migrations: one line of history, nothing missing, and safe for the code and the rows that are there."""

import pytest
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState
from pytest_django.plugin import DjangoDbBlocker

from apps.core.database.drift import find_drift
from devtools.safe_migrations.examination import find_all
from devtools.safe_migrations.graph import History
from devtools.safe_migrations.releases import NoHistory
from tests import upgrades


@pytest.mark.lesson("migration-conflicts")
def test_each_app_has_one_newest_migration() -> None:
    # Without a database: with two, not even the tests' own could be made.
    loader = MigrationLoader(None)

    assert loader.detect_conflicts() == {}


@pytest.mark.lesson("migration-conflicts")
def test_each_change_of_a_model_has_its_migration() -> None:
    loader = MigrationLoader(None)
    detector = MigrationAutodetector(
        loader.project_state(),
        ProjectState.from_apps(apps),
        NonInteractiveMigrationQuestioner(specified_apps=set(), dry_run=True),
    )

    assert detector.changes(graph=loader.graph) == {}


def test_no_migration_breaks_the_release_that_is_running() -> None:
    try:
        found = find_all(History())
    except NoHistory:
        pytest.skip("There is no git history that migrations could be compared with.")

    # Each names its rule, what to do, and its lesson.
    assert not found, "\n".join(found.values())


@pytest.mark.lesson("migration-history-rewrite")
@pytest.mark.django_db
def test_migrations_make_the_tables_that_the_models_need() -> None:
    assert find_drift() == []


@pytest.fixture(scope="module")
def travelled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, str]:
    """What stopped each part of the way from the last release to this one."""
    with django_db_blocker.unblock():
        return upgrades.travel(upgrades.upgrade_to_test())


def expect_to_have_passed(part: str, travelled: dict[str, str]) -> None:
    if part not in travelled:
        pytest.skip(
            "There is no second migration, one is irreversible for a reason, or an earlier part failed."
        )
    assert not travelled[part], travelled[part]


@pytest.mark.lesson("migration-not-null-tightening")
def test_migrations_run_over_the_rows_of_the_last_release(travelled: dict[str, str]) -> None:
    expect_to_have_passed(upgrades.FORWARDS, travelled)


@pytest.mark.lesson("migration-non-nullable")
def test_last_release_reads_and_writes_the_tables_after_the_migrations(travelled: dict[str, str]) -> None:
    expect_to_have_passed(upgrades.OLD_CODE, travelled)


@pytest.mark.lesson("migration-locks-and-rollback")
def test_migrations_can_be_taken_back_and_applied_again_without_losing_rows(
    travelled: dict[str, str],
) -> None:
    expect_to_have_passed(upgrades.BACKWARDS, travelled)
