"""What each operation would do to a release that is still running.

The rules read operations, not SQL: so they need no database, and know of each column whether the
last release has it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, singledispatch
from itertools import chain, repeat
from typing import Any

from django.db import models
from django.db.migrations import Migration, RunPython, RunSQL, operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.models import ModelOperation
from django.db.migrations.state import ModelState, ProjectState

from devtools.safe_migrations import findings, sql
from devtools.safe_migrations.findings import Finding, Rule
from devtools.safe_migrations.sql import Change, changes_in, statements_of
from devtools.safe_migrations.tables import (
    Column,
    column_of,
    columns_in,
    gets_an_index,
    has_db_default,
    has_table,
    is_constrained,
    is_filled_alike,
    is_filled_by_the_database,
    is_indexed,
    join_table_as,
    model_in,
    needs_a_longer_length,
    place_as,
    table_of,
    tables_in,
    takes_what_it_took,
)

Broken = Iterator[Rule]
# Of the operations on models, those that do nothing to a table, and those that may do nothing.
ABOUT_PYTHON = (operations.AlterModelManagers, operations.AlterModelOptions)
ABOUT_NAMES = (operations.AlterModelTable, operations.RenameField, operations.RenameModel)
ORDER = operations.AlterOrderWithRespectTo.option_name


@dataclass(frozen=True)
class Scene:
    """Where an operation takes place."""

    label: str
    before: ProjectState
    released: ProjectState
    # PostgreSQL keeps writers away while an index is built; MySQL lets them in.
    index_locks: bool

    @property
    def tables_are_copied(self) -> bool:
        """Whether it is MySQL, which copies a table for some changes, and keeps writers away meanwhile."""
        return not self.index_locks

    @cached_property
    def tables(self) -> set[str]:
        return tables_in(self.released)

    @cached_property
    def columns(self) -> "dict[Column, models.Field[Any, Any]]":
        return columns_in(self.released)

    def model(self, name: str) -> ModelState | None:
        """The model of this name, if the last release has its table."""
        model = model_in(self.before, self.label, name)
        return model if model and has_table(model) and table_of(model) in self.tables else None

    def uses(self, model: ModelState, name: str) -> bool:
        """Whether the last release has the column of a field, or the table of a many-to-many field."""
        column = column_of(model, name)
        if column is None:
            return join_table_as(model, name, model.fields[name]) in self.tables
        return (table_of(model), column) in self.columns

    def leaves_to_the_database(self, model: ModelState, name: str) -> bool:
        """Whether the last release inserts rows without a value for a field."""
        released = self.columns.get((table_of(model), column_of(model, name) or ""))
        return released is None or has_db_default(released)


def examine(migration: Migration, file: str, scene: Scene) -> Iterator[Finding]:
    """What ``migration`` does that the last release would not survive, operation by operation."""
    steps = list(steps_of(migration.operations, scene))
    locks = migration.atomic and any(changes_a_table(operation, here) for operation, here in steps)
    for operation, here in steps:
        for part in parts_of(operation):
            rules = list(broken_by(part, here))
            if locks and changes_rows(part):
                rules.append(findings.DATA_WITH_SCHEMA)
            for rule in rules:
                yield Finding(file, rule, tell(part), model_of(part, scene.label))


def steps_of(parts: Iterable[Operation], scene: Scene) -> Iterator[tuple[Operation, Scene]]:
    """Each operation that the database sees, with the state of the models that it finds."""
    state = scene.before.clone()
    for operation in parts:
        here = replace(scene, before=state.clone())
        if isinstance(operation, operations.SeparateDatabaseAndState):
            # What it says to the models only is nothing to the tables.
            yield from steps_of(operation.database_operations, here)
        else:
            yield operation, here
        operation.state_forwards(scene.label, state)


def parts_of(operation: Operation) -> list[Operation]:
    """An operation, or one for each statement of it, which are told apart so."""
    if not isinstance(operation, RunSQL):
        return [operation]
    # Whether there is a way back is said once.
    ways_back = chain([operation.reverse_sql], repeat(RunSQL.noop))
    statements = statements_of(operation.sql)
    return [RunSQL(statement, back) for statement, back in zip(statements, ways_back, strict=False)]


def tell(operation: Operation) -> str:
    if isinstance(operation, RunPython):
        return f"RunPython {getattr(operation.code, '__name__', operation.code)}"
    if isinstance(operation, RunSQL):
        return f"RunSQL {operation.sql}"
    return operation.describe()


def model_of(operation: Operation, label: str) -> str:
    name = name_of_model(operation)
    return f"{label}.{name.lower()}" if name else ""


def name_of_model(operation: Operation) -> str | None:
    """The model that an operation is about, as it is called before."""
    return operation.name if isinstance(operation, ModelOperation) else getattr(operation, "model_name", None)


def changes_rows(operation: Operation) -> bool:
    if isinstance(operation, RunSQL):
        return any(sql.changes_rows(statement) for statement in statements_of(operation.sql))
    return isinstance(operation, RunPython) and operation.code is not RunPython.noop


def changes_a_table(operation: Operation, scene: Scene) -> bool:
    """Whether a table of the last release gets another form, or goes."""
    if isinstance(operation, RunSQL):
        return any(sql.tables_altered_by(one) & scene.tables for one in statements_of(operation.sql))
    if isinstance(operation, operations.AlterField):
        model = scene.model(operation.model_name)
        return model is not None and changes_its_column(model.fields[operation.name], operation.field)
    if isinstance(operation, ABOUT_NAMES):
        return any(broken_by(operation, scene))
    name = name_of_model(operation)
    return name is not None and not isinstance(operation, ABOUT_PYTHON) and scene.model(name) is not None


def changes_its_column(old: "models.Field[Any, Any]", new: "models.Field[Any, Any]") -> bool:
    *_, old_parts = old.deconstruct()
    *_, new_parts = new.deconstruct()
    names = (old_parts.keys() | new_parts.keys()) - set(new.non_db_attrs)
    return type(old) is not type(new) or any(old_parts.get(name) != new_parts.get(name) for name in names)


@singledispatch
def broken_by(operation: Operation, scene: Scene) -> Broken:
    """The rules that an operation breaks."""
    if not operation.reversible:
        yield findings.IRREVERSIBLE


@broken_by.register
def _(operation: operations.AddField, scene: Scene) -> Broken:
    field = operation.field
    if not scene.model(operation.model_name) or isinstance(field, models.ManyToManyField):
        return
    if not is_filled_by_the_database(field):
        yield findings.NON_NULL_COLUMN
    if getattr(field, "db_persist", False):
        yield findings.RESHAPED
    if field.unique and is_filled_alike(field):
        yield findings.CONSTRAINED
    elif is_indexed(field) and scene.index_locks:
        yield findings.LOCKING_INDEX
    if is_constrained(field) and scene.tables_are_copied:
        yield findings.COPIED


@broken_by.register
def _(operation: operations.RemoveField, scene: Scene) -> Broken:
    model = scene.model(operation.model_name)
    if model and scene.uses(model, operation.name):
        yield findings.DROPPED


@broken_by.register
def _(operation: operations.RenameField, scene: Scene) -> Broken:
    model = scene.model(operation.model_name)
    if not model or not scene.uses(model, operation.old_name):
        return
    field = model.fields[operation.old_name]
    if place_as(model, operation.old_name, field) != place_as(model, operation.new_name, field):
        yield findings.RENAMED


@broken_by.register
def _(operation: operations.AlterField, scene: Scene) -> Broken:
    model = scene.model(operation.model_name)
    if not model:
        return
    old, new = model.fields[operation.name], operation.field
    if not isinstance(new, models.ManyToManyField):
        yield from broken_by_column(model, operation, scene)
    if not scene.uses(model, operation.name):
        return
    if place_as(model, operation.name, new) != place_as(model, operation.name, old):
        yield findings.RENAMED
    if not takes_what_it_took(old, new):
        yield findings.RESHAPED
    elif needs_a_longer_length(old, new) and scene.tables_are_copied:
        yield findings.COPIED


def broken_by_column(model: ModelState, operation: operations.AlterField, scene: Scene) -> Broken:
    """What is wrong with the new form of a column, be it as new as that."""
    old, new = model.fields[operation.name], operation.field
    loses_its_default = has_db_default(old) and not is_filled_by_the_database(new)
    if old.null and not new.null:
        yield findings.TIGHTENED
    elif loses_its_default and scene.leaves_to_the_database(model, operation.name):
        yield findings.NON_NULL_COLUMN
    if (new.unique and not old.unique) or (is_constrained(new) and not is_constrained(old)):
        yield findings.CONSTRAINED
    elif gets_an_index(old, new) and scene.index_locks:
        yield findings.LOCKING_INDEX


@broken_by.register
def _(operation: operations.AlterOrderWithRespectTo, scene: Scene) -> Broken:
    # It brings or takes a column, which is no field of the model.
    model = scene.model(operation.name)
    if not model:
        return
    if operation.order_with_respect_to and not model.options.get(ORDER):
        yield findings.NON_NULL_COLUMN
    released = model_in(scene.released, scene.label, operation.name)
    if not operation.order_with_respect_to and released and released.options.get(ORDER):
        yield findings.DROPPED


@broken_by.register
def _(operation: operations.DeleteModel, scene: Scene) -> Broken:
    if scene.model(operation.name):
        yield findings.DROPPED


@broken_by.register
def _(operation: operations.RenameModel, scene: Scene) -> Broken:
    model = scene.model(operation.old_name)
    if model and not model.options.get("db_table"):
        yield findings.RENAMED


@broken_by.register
def _(operation: operations.AlterModelTable, scene: Scene) -> Broken:
    model = scene.model(operation.name)
    if model and operation.table != table_of(model):
        yield findings.RENAMED


@broken_by.register
def _(operation: operations.AddIndex, scene: Scene) -> Broken:
    waits_for_nobody = type(operation).__name__ == "AddIndexConcurrently"
    if scene.model(operation.model_name) and scene.index_locks and not waits_for_nobody:
        yield findings.LOCKING_INDEX


@broken_by.register
def _(operation: operations.AddConstraint, scene: Scene) -> Broken:
    if scene.model(operation.model_name):
        yield findings.CONSTRAINED


@broken_by.register
def _(operation: operations.AlterUniqueTogether, scene: Scene) -> Broken:
    model = scene.model(operation.name)
    if model and set(operation.option_value or ()) - set(model.options.get("unique_together", ())):
        yield findings.CONSTRAINED


@broken_by.register
def _(operation: RunSQL, scene: Scene) -> Broken:
    if not operation.reversible:
        yield findings.IRREVERSIBLE
    for statement in statements_of(operation.sql):
        yield from broken_by_statement(statement, scene)


def broken_by_statement(statement: str, scene: Scene) -> Iterable[Rule]:
    return dict.fromkeys(change.rule for change in changes_in(statement) if matters(change, scene))


def matters(change: Change, scene: Scene) -> bool:
    """Whether a change is one of what the last release has."""
    if change.rule is findings.LOCKING_INDEX and not scene.index_locks:
        return False
    field = scene.columns.get((change.table, change.column))
    if change.rule is findings.TIGHTENED and field:
        return field.null
    if change.column and change.rule is not findings.TIGHTENED:
        return field is not None
    return change.table in scene.tables
