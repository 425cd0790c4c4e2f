import sys

import pytest

from devtools import mendable


def test_a_checker_that_is_content_is_all_there_is(capfd: pytest.CaptureFixture[str]) -> None:
    status = mendable.main([sys.executable, "-c", "print('All checks passed!')"])

    assert status == 0
    assert capfd.readouterr().out == "All checks passed!\n"


def test_after_one_that_is_not_the_verb_that_mends_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    status = mendable.main([sys.executable, "-c", "import sys; print('app.py:1: F401'); sys.exit(3)"])

    assert status == 3
    assert capfd.readouterr().out.splitlines() == [
        "app.py:1: F401",
        "",
        "To mend what a program can: uv run just fix",
    ]
