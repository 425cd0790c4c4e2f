"""``python -m devtools.doctor``: ``manage.py doctor``; with ``USE_DOCKER`` in the container of the site."""

import os
import sys
from pathlib import Path

from devtools import containers, run
from devtools.errors import DevtoolsError

PROJECT = Path(__file__).resolve().parent.parent


def main(arguments: list[str], project: Path = PROJECT) -> int:
    """Examine what runs, and start nothing; return the doctor's exit status."""
    command = ["manage.py", "doctor", *arguments]
    try:
        if containers.chosen(project):
            return containers.ask(["python", *command], project)
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    return run.call([sys.executable, *command], dict(os.environ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
