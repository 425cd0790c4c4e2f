"""What the tables have against what the models say.

Migrations are compared by name only: Django never looks at the tables. After a rewritten or faked
migration everything passes, until a request meets a column that is not there.
"""

from collections.abc import Iterator
from typing import Any, cast

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, models, router
from django.db.migrations.loader import MigrationLoader


def find_drift(alias: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Return one sentence for each way in which a table would fail its model.

    Apps with pending migrations are left out, as their tables may well be behind.
    """
    connection = connections[alias]
    migrated = fully_migrated_apps(alias)
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        return [
            sentence
            for model in managed_models(alias)
            if model._meta.app_label in migrated
            for sentence in compare(model, tables, cursor, connection)
        ]


def fully_migrated_apps(alias: str) -> set[str]:
    """The labels of the apps that have migrations, every one of them applied."""
    loader = MigrationLoader(connections[alias])
    pending = {label for label, name in set(loader.graph.nodes) - set(loader.applied_migrations)}
    return loader.migrated_apps - pending


def managed_models(alias: str) -> list[type[models.Model]]:
    """The models whose tables Django makes in this database, those of many-to-many fields included."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and router.allow_migrate_model(alias, model)
    ]


def compare(model: type[models.Model], tables: set[str], cursor: Any, connection: Any) -> Iterator[str]:
    """Say what of a table would make reads or writes of its model fail.

    Columns that the model does not know are fine as long as the database can fill them by itself:
    taking a column away in two releases leaves one behind for a while.
    """
    table = model._meta.db_table
    if table not in tables:
        yield f"The table {table} is missing."
        return
    columns = {info.name: info for info in connection.introspection.get_table_description(cursor, table)}
    fields = {cast("str", field.column): field for field in model._meta.local_concrete_fields}
    for name in sorted(fields.keys() - columns.keys()):
        yield f"The column {table}.{name} is missing."
    for name in sorted(columns.keys() - fields.keys()):
        column = columns[name]
        if not (column.null_ok or column.default is not None or counts_up(column)):
            yield f"The column {table}.{name} wants a value, and the model has no such field."
    for name in sorted(fields.keys() & columns.keys()):
        yield from compare_column(table, fields[name], columns[name])


def compare_column(table: str, field: "models.Field[Any, Any]", column: Any) -> Iterator[str]:
    if field.null and not column.null_ok:
        yield f"The column {table}.{column.name} refuses NULL, which the model allows."
    longest = field.max_length if isinstance(field, models.CharField) else None
    if longest and column.display_size and column.display_size < longest:
        yield f"The column {table}.{column.name} holds {column.display_size} characters, not {longest}."


def counts_up(column: Any) -> bool:
    """Whether the database numbers the rows in this column; MySQL says so in words."""
    return getattr(column, "is_autofield", False) or "auto_increment" in getattr(column, "extra", "")
