"""A pytest plugin: real services for a test run, started where no URL is given.

Load it with ``-p devtools.pytest_services``. Only the environment counts here, never ``.env``: the
tests must not meet the data of development. Workers of pytest-xdist inherit the variables, and so
start nothing.
"""

import atexit
import os
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devtools import services
from devtools.errors import DevtoolsError

PROJECT = Path(__file__).resolve().parent.parent

_running = ExitStack()


# Django's settings are read in the same hook by pytest-django; wrappers come first.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None, None, None]:
    # Also when pytest ends in a way that skips its own clean-up.
    atexit.register(_running.close)
    missing = [name for name, variable in services.SERVICES.items() if not os.environ.get(variable)]
    if missing:
        start(missing)
    return (yield)


def start(missing: list[str]) -> None:
    try:
        variables = _running.enter_context(services.temporary_services(PROJECT, missing))
    except DevtoolsError as error:
        raise pytest.UsageError(str(error)) from None
    os.environ.update(variables)


def pytest_unconfigure() -> None:
    _running.close()
