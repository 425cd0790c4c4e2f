"""Applied migrations are history: what they do to the tables stays as it was."""

import ast
from collections.abc import Iterator, Set
from pathlib import Path

from devtools.safe_migrations.findings import GONE, REWRITTEN, Finding
from devtools.safe_migrations.releases import PROJECT, Release

# What may change later: taking squashed migrations away moves their names, and a reason may be given late.
ABOUT_THE_ORDER = {"accepted", "dependencies", "initial", "replaces", "run_before"}


def rewritten(release: Release, replaced: Set[str], project: Path = PROJECT) -> Iterator[Finding]:
    """What happened to migrations of ``release`` since then.

    Args:
        replaced: The files whose migrations a squashed one stands for; they may be gone.
    """
    for file in sorted(release.files):
        path = project / file
        if not path.is_file():
            if file not in replaced and has_code(path.parent.parent):
                yield Finding(file, GONE, "it is gone, or has another name")
        elif does_something_else(path.read_text(encoding="utf-8"), release.text_of(file, project)):
            yield Finding(file, REWRITTEN, "it does something else than it did")


def has_code(app: Path) -> bool:
    """Whether an app is still there: it may be given up as a whole, of which git leaves what it ignores."""
    return any(app.rglob("*.py"))


def does_something_else(text: str, released: str) -> bool:
    """Whether a migration was changed, and gives no reason that is as new as the change."""
    if what_it_does(text) == what_it_does(released):
        return False
    reason = reason_in(text)
    return not reason or reason == reason_in(released)


def reason_in(text: str) -> str:
    """Why a migration may be another one than it was, if it says so."""
    reasons = value_of("accepted", text) or {}
    return str(reasons.get(REWRITTEN.name, "")).strip() if isinstance(reasons, dict) else ""


def value_of(name: str, text: str) -> object:
    """What a migration's class has under a name, if that can be told from the text alone."""
    classes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    for statement in (statement for node in classes for statement in node.body):
        if isinstance(statement, ast.Assign) and name in names_of(statement):
            try:
                return ast.literal_eval(statement.value)
            except ValueError:
                return None
    return None


def what_it_does(text: str) -> str:
    """The code of a migration without comments, layout, and its place among the others."""
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            node.body = [statement for statement in node.body if not is_about_the_order(statement)]
    return ast.dump(tree)


def is_about_the_order(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Assign) and bool(ABOUT_THE_ORDER & names_of(statement))


def names_of(statement: ast.Assign) -> set[str]:
    return {target.id for target in statement.targets if isinstance(target, ast.Name)}
