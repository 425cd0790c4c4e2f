"""``python -m devtools.postman write|check|run``: the Postman collection.

``write`` makes docs/postman/ from docs/openapi/; ``check`` compares; ``run`` sends every request to
the project that ``just up`` runs, with newman.
"""

import sys

from devtools.errors import DevtoolsError
from devtools.postman import files, runner

VERBS = {"write": files.write, "check": files.check, "run": runner.run}


def main(arguments: list[str]) -> int:
    verb, *rest = arguments or ["write"]
    if verb not in VERBS:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return VERBS[verb](*rest)
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
