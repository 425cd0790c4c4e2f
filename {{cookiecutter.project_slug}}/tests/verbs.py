"""The recipes of the justfile, as far as tests ask about them."""

import re

from tests.processes import PROJECT_DIR

JUSTFILE = (PROJECT_DIR / "justfile").read_text(encoding="utf-8")


def dependencies(verb: str) -> list[str]:
    """The verbs that a verb consists of."""
    [line] = re.findall(rf"^{verb}(?: [^:\n]*)?:([^\n]*)$", JUSTFILE, flags=re.MULTILINE)
    return str(line).split()


def commands(verb: str) -> list[str]:
    """What a verb runs itself, line by line."""
    [body] = re.findall(rf"^{verb}(?: [^:\n]*)?:[^\n]*\n((?:    [^\n]*\n)*)", JUSTFILE, flags=re.MULTILINE)
    return [line.strip() for line in str(body).splitlines()]


# What `just check` consists of.
CHECKS = dependencies("check")
