"""``python -m devtools.postman write|check|run``: the Postman collection.

``write`` makes docs/postman/ from docs/openapi/; ``check`` compares; ``run`` sends every request to
the project that ``just up`` runs, with newman.
"""

import sys

from devtools.errors import DevtoolsError
from devtools.postman import files


def main(arguments: list[str]) -> int:
    verb, options = arguments[:1], arguments[1:]
    try:
        match verb:
            case ["write"]:
                print("".join(f"Wrote docs/postman/{name}.\n" for name in files.write()), end="")
            case ["check"]:
                files.check()
            case ["run"]:
                # With packages of the project, which are not installed yet where it is being generated.
                from devtools.postman.runner import run  # noqa: PLC0415

                return run(*options)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
