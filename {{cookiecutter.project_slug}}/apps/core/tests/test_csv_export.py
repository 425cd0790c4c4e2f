import csv
import tracemalloc
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.http import StreamingHttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from apps.core.admin import CsvExportMixin
from apps.core.database.streaming import KEYS_AT_ONCE
from apps.core.spreadsheets import csv_lines

User = get_user_model()

ROWS = 10_000


class Export(CsvExportMixin):
    csv_fields = ("email", "name", "is_staff")


@pytest.fixture
def many_users(db: None) -> None:
    password = make_password(None)
    User.objects.bulk_create(
        User(email=f"person{number}@example.com", name="x" * 150, password=password) for number in range(ROWS)
    )


def export() -> StreamingHttpResponse:
    request = RequestFactory().post("/")
    return Export().export_as_csv(request, User.objects.order_by("pk"))


def chunks(response: StreamingHttpResponse) -> Iterator[bytes]:
    content = response.streaming_content
    assert isinstance(content, Iterator)
    return content


@pytest.mark.usefixtures("many_users")
def test_ten_thousand_rows_are_few_queries_and_a_file_for_download() -> None:
    with CaptureQueriesContext(connection) as queries:
        response = export()
        text = b"".join(chunks(response)).decode("utf-8-sig")

    rows = list(csv.reader(StringIO(text)))
    assert rows[0] == ["email", "name", "is_staff"]
    assert rows[1] == ["person0@example.com", "x" * 150, "False"]
    assert len(rows) == ROWS + 1
    # MySQL is asked for the keys, and then for the rows of each chunk.
    assert len(queries) == (1 + ROWS // KEYS_AT_ONCE if connection.vendor == "mysql" else 1)
    assert response["Content-Disposition"] == 'attachment; filename="user.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8"


@pytest.mark.usefixtures("many_users")
def test_ten_thousand_rows_are_never_all_in_memory() -> None:
    tracemalloc.start()
    size = sum(len(chunk) for chunk in chunks(export()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert size > 1_500_000
    # The rows of one chunk, about a fifth of all; as objects, rows are larger than as text.
    assert peak < size


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_text_that_a_spreadsheet_would_run_is_only_text(start: str) -> None:
    [_, line] = csv_lines(["text"], [[f"{start}HYPERLINK(0)"]])

    [[cell]] = csv.reader(StringIO(line, newline=""))
    assert cell == f"'{start}HYPERLINK(0)"


def test_numbers_and_what_is_missing_stay_as_they_are() -> None:
    [_, line] = csv_lines(["amount", "note", "text"], [[Decimal("-5.00"), None, "a-b=c"]])

    assert line == "-5.00,,a-b=c\r\n"
