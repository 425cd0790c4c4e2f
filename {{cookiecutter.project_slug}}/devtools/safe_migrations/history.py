"""Applied migrations are history: what they do to the tables stays as it was."""

import ast
from collections.abc import Iterator, Set
from pathlib import Path

from devtools.safe_migrations.findings import REWRITTEN, Finding
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
                yield Finding(file, REWRITTEN, "it is gone, or has another name")
        elif what_it_does(path.read_text(encoding="utf-8")) != what_it_does(release.text_of(file, project)):
            yield Finding(file, REWRITTEN, "it does something else than it did")


def has_code(app: Path) -> bool:
    """Whether an app is still there: it may be given up as a whole, of which git leaves what it ignores."""
    return any(app.rglob("*.py"))


def what_it_does(text: str) -> str:
    """The code of a migration without comments, layout, and its place among the others."""
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            node.body = [statement for statement in node.body if not is_about_the_order(statement)]
    return ast.dump(tree)


def is_about_the_order(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id in ABOUT_THE_ORDER for target in targets)
