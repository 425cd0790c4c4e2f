import re

import pytest

from apps.bookings.tests import plans


@pytest.mark.django_db
@pytest.mark.lesson("orm-indexes")
def test_no_critical_query_reads_a_whole_table() -> None:
    plans.fill()

    found = {
        name: re.findall(r"Seq Scan on (bookings_\w+)", query.explain())
        for name, query in plans.critical_queries().items()
    }

    assert {name: tables for name, tables in found.items() if tables} == {}
