"""Rows one after the other, however many there are."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.db import connections
from django.db.models import QuerySet

# That many can stand in one query without making it slow to read.
KEYS_AT_ONCE = 500


def stream_values(
    queryset: QuerySet[Any], fields: tuple[str, ...], *, chunk_size: int
) -> Iterator[tuple[Any, ...]]:
    """Yield what ``values_list(*fields)`` does; only ``chunk_size`` rows are in memory at once.

    PostgreSQL keeps the others for us. MySQL sends everything at once, whatever ``iterator()`` asks for:
    there the keys are read first, and then the rows of some keys at a time. A row that is deleted in
    between is left out.
    """
    if connections[queryset.db].vendor != "mysql":
        yield from queryset.values_list(*fields).iterator(chunk_size=chunk_size)
        return
    keys = iter(list(queryset.values_list("pk", flat=True)))
    while chunk := list(islice(keys, min(chunk_size, KEYS_AT_ONCE))):
        # Once more in their order, which a list of keys does not ask for.
        rows = {row[0]: row for row in queryset.filter(pk__in=chunk).values_list("pk", *fields).iterator()}
        yield from (rows[key][1:] for key in chunk if key in rows)
