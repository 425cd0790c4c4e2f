"""The database: reachable, migrated, as the models say, and of the same time."""

import time

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.exceptions import InconsistentMigrationHistory, NodeNotFoundError
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.utils import Error as DjangoDatabaseError

from apps.core.checks.database import ENGINES
from apps.core.database.connect import ask_database
from apps.core.database.diagnosis import diagnose
from apps.core.doctor.findings import Finding, command, error, error_for_users, listed, ok, warning
from apps.core.doctor.rules.system import as_findings
from apps.core.doctor.services import STAND_IN_HOST, not_running

CONNECT_SECONDS = 2
DEFAULT_PORTS = {"postgresql": 5432, "mysql": 3306}
CLOCKS = {
    "postgresql": "SELECT extract(epoch FROM clock_timestamp())",
    "mysql": "SELECT UNIX_TIMESTAMP(SYSDATE(6))",
}
# Celery, too, complains of clocks that differ by more than this.
TOLERATED_DRIFT_SECONDS = 15
HISTORY = "migration-history-rewrite"


def examine_connection() -> list[Finding]:
    address = connection.settings_dict
    if address["HOST"] == STAND_IN_HOST:
        return not_running(ENGINES[settings.TESTED_ENGINE][0], "DATABASE_URL", lesson="pg-connection-triage")
    port = address["PORT"] or DEFAULT_PORTS[connection.vendor]
    place = f"{address['HOST'] or 'localhost'}:{port}, database {address['NAME']}"
    started = time.monotonic()
    try:
        ask_database(connect_timeout=CONNECT_SECONDS)
        milliseconds = (time.monotonic() - started) * 1000
        connection.ensure_connection()
    except ImproperlyConfigured as gap:
        return error(
            str(gap),
            wrong="The driver of the database, or its pool, is not installed.",
            mend=diagnose(gap).mend,
            lesson="db-driver",
        )
    except DjangoDatabaseError as refusal:
        found = diagnose(refusal)
        said = " ".join(str(refusal).split())
        return error(f"{place}: {said}", wrong=found.problem, mend=found.mend, lesson=found.lesson)
    return ok(f"{connection.display_name} {version()} at {place}, answered in {milliseconds:.0f} ms")


def version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version" if connection.vendor == "postgresql" else "SELECT VERSION()")
        return str(cursor.fetchone()[0]).split()[0]


def examine_files() -> list[Finding]:
    """What the migration files say of each other and of the models; no database needed."""
    try:
        loader = MigrationLoader(None)
    except NodeNotFoundError as gap:
        return error(
            str(gap),
            wrong="A migration depends on one whose file is gone.",
            mend="Bring the file back from version control: applied migrations are never deleted.",
            lesson=HISTORY,
        )
    conflicts = loader.detect_conflicts()
    if conflicts:
        leaves = [f"{label}: {' and '.join(sorted(names))}" for label, names in conflicts.items()]
        return error(
            listed(leaves),
            wrong="Two branches added migrations side by side, so neither comes last.",
            mend=f"Type: {command('makemigrations --merge')}",
            lesson="migration-conflicts",
        )
    return models_without_migration(loader) or ok("complete, in one line for each app, and as the models say")


def models_without_migration(loader: MigrationLoader) -> list[Finding]:
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    changes = detector.changes(graph=loader.graph)
    operations = [
        f"{label}: {operation.describe()}"
        for label, migrations in changes.items()
        for migration in migrations
        for operation in migration.operations
    ]
    if not operations:
        return []
    return error_for_users(
        listed(operations),
        wrong="The models changed, and no migration brings the change to the database.",
        mend=f"Type: {command('makemigrations')}",
        lesson=HISTORY,
    )


def examine_history() -> list[Finding]:
    """What is applied against what the files say."""
    try:
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
    except NodeNotFoundError:
        return warning(
            "a file is missing; see: migration files",
            wrong="What is applied cannot be compared with the files.",
            mend="Bring the file back first.",
            lesson=HISTORY,
        )
    except InconsistentMigrationHistory as broken:
        return error(
            str(broken),
            wrong="The database has a migration without the one that it builds on.",
            mend="Bring back the migrations as they were applied, and add a new one for the change.",
            lesson=HISTORY,
        )
    return applied_without_file(executor.loader) + pending(executor) or ok("all applied")


def applied_without_file(loader: MigrationLoader) -> list[Finding]:
    files = loader.disk_migrations or {}
    replaced = {key for migration in files.values() for key in migration.replaces}
    installed = loader.migrated_apps
    gone = set(loader.applied_migrations) - set(files) - replaced
    names = sorted(f"{label}.{name}" for label, name in gone if label in installed)
    if not names:
        return []
    return error(
        listed(names),
        wrong="The database has migrations that are no longer among the files.",
        mend="Bring the files back from version control; a history that was applied is only added to.",
        lesson=HISTORY,
    )


def pending(executor: MigrationExecutor) -> list[Finding]:
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return []
    names = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
    return error(
        f"not applied: {listed(names)}",
        wrong="The database is behind the code: queries will ask for what is not there yet.",
        mend=f"Type: {command('migrate')}",
        lesson="migrate-once-per-release",
    )


def examine_schema() -> list[Finding]:
    """The checks that look into the database: above all, whether the tables fit the models."""
    found = checks.run_checks(tags=[checks.Tags.database], databases=[DEFAULT_DB_ALIAS])
    return as_findings(found) or ok("the tables fit the models of every app that is fully migrated")


def examine_clock() -> list[Finding]:
    with connection.cursor() as cursor:
        before = time.time()
        cursor.execute(CLOCKS[connection.vendor])
        theirs = float(cursor.fetchone()[0])
        after = time.time()
    drift = theirs - (before + after) / 2
    if abs(drift) <= TOLERATED_DRIFT_SECONDS:
        return ok(f"{abs(drift):.1f} s apart from the database's")
    return error_for_users(
        f"the database's clock is {abs(drift):.0f} s {'ahead' if drift > 0 else 'behind'}",
        wrong="Two clocks differ: tokens, schedules and timestamps will contradict each other.",
        mend="Set the clock of this machine, or of the database's, by NTP: timedatectl set-ntp true",
        lesson="celery-delivery-guarantees",
    )
