"""What the admin pages of all apps share."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse

ROWS_AT_ONCE = 2000
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# Tells Excel that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"


class CsvExportMixin:
    """Gives a ``ModelAdmin`` the action ``export_as_csv``: the chosen rows as a file, streamed.

    However many rows there are, it is one query, and neither all rows nor the file are in memory. A
    class with ``actions`` of its own lists ``"export_as_csv"`` among them.

    Attributes:
        csv_fields: The columns, as ``values_list()`` takes them: ``("id", "owner__email")``.
    """

    csv_fields: tuple[str, ...]
    actions: Any = ["export_as_csv"]

    @admin.action(description="Export the chosen rows as CSV", permissions=["view"])
    def export_as_csv(self, request: HttpRequest, queryset: QuerySet[Model]) -> StreamingHttpResponse:
        name = f"{queryset.model.__name__.lower()}.csv"
        rows = queryset.values_list(*self.csv_fields).iterator(chunk_size=ROWS_AT_ONCE)
        return StreamingHttpResponse(
            csv_lines(self.csv_fields, rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )


def csv_lines(header: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    """The lines of a CSV file (RFC 4180), each made when it is asked for."""
    writer = csv.writer(_Echo())
    yield BYTE_ORDER_MARK + writer.writerow(header)
    for row in rows:
        yield writer.writerow([harmless(value) for value in row])


def harmless(value: object) -> object:
    """Keep text that somebody else wrote from being run as a formula by a spreadsheet."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


class _Echo:
    """A file that hands each line straight on; ``writerow()`` returns what ``write()`` does."""

    def write(self, line: str) -> str:
        return line
