import re

import pytest
from django.db import connection

from apps.bookings.tests import plans

# How each database says that it reads a table from its beginning to its end.
READS_ALL = {
    "postgresql": r"Seq Scan on (bookings_\w+)",
    "mysql": r"(bookings_\w+)(?: None)? ALL ",
}[connection.vendor]


# MySQL gathers statistics outside of transactions only.
@pytest.mark.django_db(transaction=connection.vendor == "mysql")
@pytest.mark.lesson("orm-indexes")
def test_no_critical_query_reads_a_whole_table() -> None:
    plans.fill()

    found = {name: re.findall(READS_ALL, query.explain()) for name, query in plans.critical_queries().items()}

    assert {name: tables for name, tables in found.items() if tables} == {}
