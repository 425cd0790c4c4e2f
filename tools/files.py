"""What every file of the template itself has to be: the rules are those of a generated project.

    uv run python tools/files.py [--fix] [FILE ...]

What projects are made of is looked at where it has become a project: unrendered, some of it is no YAML yet.
"""

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = runpy.run_path(str(ROOT / "{{cookiecutter.project_slug}}" / "devtools" / "files.py"))
# Written by programs, or not yet what they will be.
ELSEWHERE = ("{{cookiecutter.project_slug}}/", "docs/reference/", "templates/documents/")


def main(arguments: list[str]) -> int:
    options = [argument for argument in arguments if argument == "--fix"]
    named = [argument for argument in arguments if argument not in options]
    ours = [name for name in named or RULES["tracked"]() if is_ours(name)]
    # Without a name, they would take all.
    return int(RULES["main"]([*options, *ours], ROOT)) if ours else 0


def is_ours(name: str) -> bool:
    """A lesson's break holds what the rules are against, on purpose."""
    return not name.startswith(ELSEWHERE) and not name.endswith("/break.patch")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
