"""The migrations of the project: one line of history, and nothing missing at its end."""

import pytest
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import NonInteractiveMigrationQuestioner
from django.db.migrations.state import ProjectState

from apps.core.database.drift import find_drift


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


@pytest.mark.lesson("migration-history-rewrite")
@pytest.mark.django_db
def test_migrations_make_the_tables_that_the_models_need() -> None:
    assert find_drift() == []
