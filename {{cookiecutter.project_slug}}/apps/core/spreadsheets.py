"""CSV files, line by line, for people who open them in a spreadsheet."""

import csv
from collections.abc import Iterable, Iterator

ROWS_AT_ONCE = 2000
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# Tells Excel that the file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"


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
