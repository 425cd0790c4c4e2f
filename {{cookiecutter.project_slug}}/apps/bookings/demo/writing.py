"""Write many rows at once."""

from collections.abc import Iterable
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

from apps.bookings.demo.rows import Row


def write_rows(model: type[models.Model], fields: tuple[str, ...], rows: Iterable[Row]) -> None:
    """Write rows past Django's objects where the database has a way for that; all constraints hold."""
    if connection.vendor == "postgresql":
        copy_rows(model, fields, rows)
    else:
        insert_rows(model, fields, rows)


def copy_rows(model: type[models.Model], fields: tuple[str, ...], rows: Iterable[Row]) -> None:
    """Stream the rows by COPY: several times as fast as INSERT."""
    quote = connection.ops.quote_name
    columns = ", ".join(map(quote, fields))
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def insert_rows(model: type[models.Model], fields: tuple[str, ...], rows: Iterable[Row]) -> None:
    """Insert the rows on any database."""
    objects = (model(**dict(zip(fields, row, strict=True))) for row in rows)
    model._default_manager.bulk_create(objects, batch_size=2000)


def next_key(model: type[models.Model]) -> int:
    last: dict[str, Any] = model._default_manager.aggregate(last=models.Max("pk"))
    return (last["last"] or 0) + 1


def continue_keys(*given: type[models.Model]) -> None:
    """Let the database go on counting after the keys that were given by hand."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(given)):
            cursor.execute(statement)


def gather_statistics() -> None:
    """Let the planner know the new sizes now and not when the database gets round to it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    # There it would end the transaction.
    elif connection.vendor == "mysql" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            tables = map(connection.ops.quote_name, connection.introspection.table_names(cursor))
            cursor.execute(f"ANALYZE TABLE {', '.join(tables)}")
