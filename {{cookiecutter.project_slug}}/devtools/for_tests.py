"""Real services for a test run, started where no URL is given.

Only the real environment counts here, never ``.env``: tests must not meet the data of development.
Workers of pytest-xdist inherit the variables, and so start nothing.
"""

import atexit
import os
from contextlib import ExitStack
from pathlib import Path

from devtools import services
from devtools.errors import DevtoolsError

PROJECT = Path(__file__).resolve().parent.parent


def start_missing_services() -> None:
    """Start the services for this process, and put their addresses into the environment.

    They use an empty temporary folder and end with the process. What is given stays: a Redis that is
    started for the cache does not replace another broker.
    """
    missing = [name for name, variable in services.SERVICES.items() if not os.environ.get(variable)]
    if not missing:
        return
    running = ExitStack()
    atexit.register(running.close)
    try:
        variables = running.enter_context(services.temporary_services(PROJECT, missing))
    except DevtoolsError as error:
        raise SystemExit(str(error)) from None
    given = {name for name in variables if os.environ.get(name)}
    os.environ.update({name: value for name, value in variables.items() if name not in given})
