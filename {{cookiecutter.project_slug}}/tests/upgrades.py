"""The way from the last release to what is here, on a database of its own that has rows in it, and back.

    uv run python -m tests.upgrades

goes it, and tells what happened. Where no migration is new, it goes the newest one of each app.
"""

import os
import re
import sys
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field
from typing import cast

import django
from django.core.management.sql import emit_post_migrate_signal
from django.db import DatabaseError, connection
from django.db.migrations import Migration, RunSQL, SeparateDatabaseAndState
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation

from devtools.safe_migrations.examination import accepted_by, scene_of
from devtools.safe_migrations.findings import CONSTRAINED, DELETES_ROWS, IRREVERSIBLE, TIGHTENED
from devtools.safe_migrations.graph import History, Node, StepByStep
from devtools.safe_migrations.releases import NoHistory, Release, releases
from devtools.safe_migrations.rules import Scene, changes_rows, examine, model_of
from devtools.safe_migrations.sql import statements_of
from devtools.safe_migrations.tables import table_of
from tests.releases import own_database
from tests.samples import REFUSALS, Model, NoSample, Samples

FORWARDS = "The migrations run over rows of the last release."
OLD_CODE = "The last release still reads and writes the tables."
BACKWARDS = "The migrations can be taken back, and applied again."

FEWER = """\
Of {before} rows of {model} there are {count} left. If that is what a migration is for, say so in its class:
accepted = {{"{rule}": "because …"}}"""


# The rules about what rows may hold.
ABOUT_ROWS = {TIGHTENED.name, CONSTRAINED.name}
REFERENCES = re.compile(r"\bREFERENCES\s+\S+", re.IGNORECASE)


class Stuck(Exception):
    """The way ends here; the message says why."""


@dataclass
class Upgrade:
    """What lies between two states of the migrations."""

    history: History
    release: Release
    # Whether its migrations were new once, and judged then by what was the last release.
    is_old: bool = False
    # The models that the last release need not be able to write any more: a new migration says why.
    given_up: set[str] = field(default_factory=set)
    # Those whose rows keep a new rule since a former release.
    mended: set[str] = field(default_factory=set)
    may_delete: bool = False
    may_be_final: bool = False

    def __post_init__(self) -> None:
        for file, migration in self.history.new_since(self.release):
            self.read(file, migration)

    def is_empty(self) -> bool:
        return not list(self.history.new_since(self.release))

    def read(self, file: str, migration: Migration) -> None:
        """Take for allowed what a migration says that it may do; of an old one, whatever it does."""
        accepted = accepted_by(file, migration)
        scene = scene_of(migration, self.release, self.history)
        found = examine(migration, file, scene)
        allowed = [finding for finding in found if self.is_old or finding.rule.name in accepted]
        names = accepted | {finding.rule.name for finding in allowed}
        self.may_delete |= DELETES_ROWS in names
        self.may_be_final |= IRREVERSIBLE.name in names
        for finding in allowed:
            models = {finding.model} if finding.model else unnamed_models_of(migration, scene)
            # That a change cannot be taken back is nothing to those who write.
            if finding.rule.name != IRREVERSIBLE.name:
                self.given_up |= models
            if finding.rule.name in ABOUT_ROWS and self.is_mended_before(migration):
                self.mended |= models

    def is_mended_before(self, migration: Migration) -> bool:
        """Whether the rows were changed in a former release, so that none of this way changes them."""
        mending = [
            node
            for node in self.history.own
            if node[0] == migration.app_label and node[1] <= migration.name and self.is_about_rows(node)
        ]
        released = all(self.history.is_released(node, self.release) for node in mending)
        return self.is_old or (bool(mending) and released)

    def is_about_rows(self, node: Node) -> bool:
        return any(map(changes_rows, self.history.loader.disk_migrations[node].operations))


def upgrade_to_test() -> Upgrade:
    """From the last release to what is here; where that is the same, the newest migration of each app."""
    history = History()
    try:
        release = releases()[0]
    except NoHistory:
        return Upgrade(history, without_the_newest(history))
    if not release.files or not list(history.new_since(release)):
        return Upgrade(history, without_the_newest(history), is_old=True)
    return Upgrade(history, release)


def unnamed_models_of(migration: Migration, scene: Scene) -> set[str]:
    """The models that operations change without saying so: those of SQL, and of operations inside others."""
    unnamed = (operation for operation in migration.operations if not model_of(operation, scene.label))
    return {model for operation in unnamed for model in models_of(operation, scene)}


def models_of(operation: Operation, scene: Scene) -> set[str]:
    if isinstance(operation, SeparateDatabaseAndState):
        return {model for part in operation.database_operations for model in models_of(part, scene)}
    if isinstance(operation, RunSQL):
        return models_in("\n".join(statements_of(operation.sql)), scene)
    model = model_of(operation, scene.label)
    return {model} if model else set()


def models_in(sql: str, scene: Scene) -> set[str]:
    """Those of the last release whose tables are named, other than as what a foreign key points to."""
    named = set(re.findall(r"\w+", REFERENCES.sub("", sql).lower()))
    models = scene.released.models.values()
    return {f"{it.app_label}.{it.name_lower}" for it in models if table_of(it).strip('"').lower() in named}


def without_the_newest(history: History) -> Release:
    """What there was before the newest migration of each app, as far as nothing builds on that."""
    graph = history.loader.graph
    newest = {
        node
        for node in graph.leaf_nodes()
        if not graph.node_map[node].children
        and any(parent.key[0] == node[0] for parent in graph.node_map[node].parents)
    }
    files = frozenset(file for node, file in history.own.items() if node not in newest)
    return Release("the newest migration of each app", files)


class Journey:
    """One upgrade, step by step, of the database that the connection leads to."""

    def __init__(self, upgrade: Upgrade) -> None:
        self.upgrade = upgrade
        self.released = upgrade.history.released(upgrade.release)
        self.samples = Samples(careful=upgrade.mended)
        labels = {label for label, _ in upgrade.history.own}
        models = upgrade.history.state_of(upgrade.release).apps.get_models()
        # Those first to which others point, so that what cannot be written is named itself.
        self.models = [
            model
            for model in sorted(models, key=depth_of)
            if model._meta.app_label in labels and model._meta.managed and not model._meta.proxy
        ]

    def start(self) -> None:
        """Make the tables of the last release, with rows that they allow."""
        self.migrate(newest_of(self.released, self.upgrade.history))
        for model in self.models:
            self.samples.fill(model)

    def go_forwards(self) -> None:
        before = self.count_rows()
        self.migrate(self.upgrade.history.loader.graph.leaf_nodes())
        self.expect_rows(before)

    def be_the_old_code(self) -> None:
        """Write rows as the last release would, and read them with all their columns."""
        self.samples.given_up = self.upgrade.given_up
        for model, extreme in self.samples.taken:
            if self.samples.cannot_make(model):
                continue
            try:
                self.samples.make(model, **extreme)
                list(model._default_manager.order_by("pk")[:1])
            except REFUSALS as error:
                values = ", ".join(f"{name}={value!r:.40}" for name, value in extreme.items())
                raise Stuck(f"It cannot write {model._meta.label}({values}): {error}") from error

    def go_back_and_forwards(self) -> None:
        before = self.count_rows()
        new = {label for label, _ in set(self.upgrade.history.loader.graph.nodes) - self.released}
        there = {label: (label, name) for label, name in newest_of(self.released, self.upgrade.history)}
        self.migrate([there.get(label, (label, None)) for label in sorted(new)])
        self.expect_rows(before)
        self.migrate(self.upgrade.history.loader.graph.leaf_nodes())
        self.expect_rows(before)

    def migrate(self, targets: Sequence[tuple[str, str | None]]) -> None:
        """Do what the command does, with all that listens to it.

        Raises:
            Stuck: One of the migrations failed, be it in the project's own code.
        """
        begun: list[Migration] = []
        executor = MigrationExecutor(connection, lambda _, *rest: begun.extend(rest[:1]))
        executor.loader = StepByStep(connection)
        plan = executor.migration_plan(targets)
        try:
            state = executor.migrate(targets, plan)
        except Exception as error:
            raise Stuck(f"{begun[-1] if begun else 'Before all'}: {type(error).__name__}: {error}") from error
        emit_post_migrate_signal(
            verbosity=0, interactive=False, db=connection.alias, apps=state.apps, plan=plan
        )

    def count_rows(self) -> dict[Model, int]:
        """Of each table of the last release that is still there."""
        tables = set(connection.introspection.table_names())
        return {
            model: model._default_manager.count() for model in self.models if model._meta.db_table in tables
        }

    def expect_rows(self, before: dict[Model, int]) -> None:
        if self.upgrade.may_delete:
            return
        for model, count in self.count_rows().items():
            if count < before.get(model, 0):
                raise Stuck(
                    FEWER.format(
                        count=count, before=before[model], model=model._meta.label, rule=DELETES_ROWS
                    )
                )


def depth_of(model: Model, through: tuple[Model, ...] = ()) -> int:
    """How many tables stand one behind the other where this one points to."""
    if model in through:
        return 0
    related = {field.related_model for field in model._meta.concrete_fields if field.is_relation}
    return max((1 + depth_of(cast("Model", other), (*through, model)) for other in related), default=0)


def newest_of(nodes: Set[Node], history: History) -> list[Node]:
    """Those of ``nodes`` that no other of them follows in the same app."""
    node_map = history.loader.graph.node_map
    return [
        node
        for node in sorted(nodes)
        if not any(child.key in nodes and child.key[0] == node[0] for child in node_map[node].children)
    ]


def travel(upgrade: Upgrade) -> dict[str, str]:
    """Go the way; of each part that was reached, what stopped it, or nothing."""
    told: dict[str, str] = {}
    if upgrade.is_empty():
        return told
    with own_database():
        journey = Journey(upgrade)
        told[FORWARDS] = stopped_by(journey.start) or stopped_by(journey.go_forwards)
        if not told[FORWARDS]:
            told[OLD_CODE] = stopped_by(journey.be_the_old_code)
            if not upgrade.may_be_final:
                told[BACKWARDS] = stopped_by(journey.go_back_and_forwards)
    return told


def stopped_by(part: Callable[[], None]) -> str:
    try:
        part()
    except (DatabaseError, NoSample, Stuck) as error:
        name = "" if isinstance(error, NoSample | Stuck) else f"{type(error).__name__}: "
        return f"{name}{error}"
    return ""


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    upgrade = upgrade_to_test()
    told = travel(upgrade)
    sys.stdout.write(f"Since {upgrade.release.name}:\n" if told else "There is no second migration yet.\n")
    for part, complaint in told.items():
        sys.stdout.write(f"{'No: ' if complaint else 'Yes: '}{part}\n{complaint}{chr(10) * bool(complaint)}")
    return int(any(told.values()))


if __name__ == "__main__":
    sys.exit(main())
