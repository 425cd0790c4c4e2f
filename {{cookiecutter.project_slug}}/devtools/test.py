"""``python -m devtools.test``: pytest, on services of its own; with ``USE_DOCKER`` in a container."""

import os
import sys
from pathlib import Path

from devtools import containers, run
from devtools.errors import DevtoolsError

PROJECT = Path(__file__).resolve().parent.parent


def main(arguments: list[str], project: Path = PROJECT) -> int:
    """Run the tests; return pytest's exit status."""
    try:
        if containers.chosen(project):
            return containers.test(arguments, project)
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    return run.call([sys.executable, "-m", "pytest", *arguments], dict(os.environ))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
