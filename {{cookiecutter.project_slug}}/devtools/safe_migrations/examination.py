"""Everything that is wrong with the migrations that are new since a release."""

from collections.abc import Iterator

from django.db import connection
from django.db.migrations import Migration

from devtools.errors import DevtoolsError
from devtools.safe_migrations.findings import ACCEPTABLE, Finding, explain
from devtools.safe_migrations.graph import History
from devtools.safe_migrations.history import rewritten
from devtools.safe_migrations.releases import Release, releases
from devtools.safe_migrations.rules import Scene, examine

UNKNOWN = """\
{file}: accepted = {{{name!r}: …}} is no rule, or gives no reason.
  The rules are {rules}."""


def find(release: Release, history: History) -> list[Finding]:
    """What is new since ``release`` and not safe for it, nor accepted with a reason."""
    return [*rewritten(release, history.replaced_files()), *unsafe(release, history)]


def unsafe(release: Release, history: History) -> Iterator[Finding]:
    for file, migration in history.new_since(release):
        accepted = accepted_by(file, migration)
        for finding in examine(migration, file, scene_of(migration, release, history)):
            if finding.rule.name not in accepted:
                yield finding


def scene_of(migration: Migration, release: Release, history: History) -> Scene:
    node = (migration.app_label, migration.name)
    return Scene(
        label=migration.app_label,
        before=history.loader.project_state(node, at_end=False),
        released=history.state_of(release),
        index_locks=connection.vendor == "postgresql",
    )


def accepted_by(file: str, migration: Migration) -> set[str]:
    """The rules that a migration says it may break, each with a reason.

    Raises:
        DevtoolsError: One is unknown, or has none.
    """
    accepted: dict[str, str] = getattr(migration, "accepted", {})
    for name, reason in accepted.items():
        if name not in ACCEPTABLE or not reason.strip():
            rules = ", ".join(sorted(ACCEPTABLE))
            raise DevtoolsError(UNKNOWN.format(file=file, name=name, rules=rules))
    return set(accepted)


def find_all(history: History) -> dict[tuple[str, str, str], str]:
    """Each finding once, and how it is told, of all releases that may be running."""
    told: dict[tuple[str, str, str], str] = {}
    for release in releases():
        for finding in find(release, history):
            key = (finding.file, finding.rule.name, finding.subject)
            told.setdefault(key, explain(finding, release=release.name))
    return told
