"""What the admin pages of all apps share."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from apps.core.database.streaming import stream_values
from apps.core.spreadsheets import ROWS_AT_ONCE, csv_lines


class CsvExportMixin:
    """Gives a ``ModelAdmin`` the action ``export_as_csv``: the chosen rows as a file, streamed.

    However many rows there are, neither all of them nor the file are in memory. A class with ``actions`` of
    its own lists ``"export_as_csv"`` among them.

    Attributes:
        csv_fields: The columns, as ``values_list()`` takes them: ``("id", "owner__email")``.
    """

    csv_fields: tuple[str, ...]
    actions: Any = ["export_as_csv"]

    @admin.action(description="Export the chosen rows as CSV", permissions=["view"])
    def export_as_csv(self, request: HttpRequest, queryset: QuerySet[Model]) -> StreamingHttpResponse:
        name = f"{queryset.model.__name__.lower()}.csv"
        rows = stream_values(queryset, self.csv_fields, chunk_size=ROWS_AT_ONCE)
        return StreamingHttpResponse(
            csv_lines(self.csv_fields, rows),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
