"""The words of a report: one line for each stay, written as they are read."""

from collections.abc import Callable
from typing import IO

from django.db.models import QuerySet

from apps.bookings.models import Booking
from apps.core.database.streaming import stream_values
from apps.core.spreadsheets import ROWS_AT_ONCE, csv_lines

COLUMNS = (
    "id",
    "listing__title",
    "guest__name",
    "check_in",
    "check_out",
    "guests",
    "status",
    "total_price",
    "currency",
)


def write_stays(stays: QuerySet[Booking], file: IO[bytes], *, tell_progress: Callable[[int], object]) -> None:
    """Write one line for each stay. However many there are, only some of them are in memory at once.

    Args:
        tell_progress: Called now and then with the percent that are written.
    """
    count = stays.count()
    rows = stream_values(stays, COLUMNS, chunk_size=ROWS_AT_ONCE)
    for number, line in enumerate(csv_lines(COLUMNS, rows)):
        file.write(line.encode())
        if number and number % ROWS_AT_ONCE == 0:
            # More may have come in since they were counted.
            tell_progress(min(100 * number // max(count, 1), 99))
