"""Applied migrations are history: what they do to the tables stays as it was."""

import ast
from collections.abc import Iterator, Set
from pathlib import Path, PurePosixPath
from typing import Any

from devtools.safe_migrations.findings import GONE, REWRITTEN, Finding
from devtools.safe_migrations.releases import PROJECT, Release

# What may change later: taking squashed migrations away moves their names, and a reason may be given late.
ABOUT_THE_ORDER = {"accepted", "dependencies", "initial", "replaces", "run_before"}


def rewritten(release: Release, replaced: Set[str], project: Path = PROJECT) -> Iterator[Finding]:
    """What happened to migrations of ``release`` since then.

    Args:
        replaced: The files whose migrations a squashed one stands for; they may be gone.
    """
    there = {file for file in release.files if (project / file).is_file()}
    for file in sorted(there):
        text = (project / file).read_text(encoding="utf-8")
        if does_something_else(text, release.text_of(file, project)):
            yield Finding(file, REWRITTEN, "it does something else than it did")
    gone = release.files - there - replaced
    for file in sorted(gone - replaced_in(release, project) if gone else gone):
        if has_code((project / file).parent.parent):
            yield Finding(file, GONE, "it is gone, or has another name")


def replaced_in(release: Release, project: Path) -> set[str]:
    """The files whose migrations a squashed one of ``release`` stands for, whether it still says so or not.

    Once databases have applied that one, the others are deleted, and ``replaces`` with them.
    """
    return {
        str(PurePosixPath(file).with_name(f"{name}.py"))
        for file in release.files
        for _, name in value_of("replaces", release.text_of(file, project)) or ()
    }


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


def value_of(name: str, text: str) -> Any:
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
