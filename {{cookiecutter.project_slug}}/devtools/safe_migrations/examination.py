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

BROKEN = """\
{file}: it does not fit the models that the migrations before it make ({reason}).
  Look for a field or a model that they do not have under this name."""
NO_TABLE = """\
{file}: accepted is no table of rules and reasons. Write: accepted = {{"rule": "because …"}}"""
UNKNOWN = """\
{file}: accepted = {{{name!r}: …}} is no rule, or gives no reason.
  The rules are {rules}."""


def find(release: Release, history: History) -> list[Finding]:
    """What is new since ``release`` and not safe for it, nor accepted with a reason."""
    return [*rewritten(release, history.replaced_files()), *unsafe(release, history)]


def unsafe(release: Release, history: History) -> Iterator[Finding]:
    for file, migration in history.new_since(release):
        accepted = accepted_by(file, migration)
        for finding in examined(migration, file, release, history):
            if finding.rule.name not in accepted:
                yield finding


def examined(migration: Migration, file: str, release: Release, history: History) -> list[Finding]:
    """What ``release`` would not survive.

    Raises:
        DevtoolsError: The migration does not fit the models that the ones before it have made.
    """
    try:
        return list(examine(migration, file, scene_of(migration, release, history)))
    except Exception as error:
        # Django raises whatever comes, mostly a KeyError with the name of a field.
        reason = f"{type(error).__name__}: {error}"
        raise DevtoolsError(BROKEN.format(file=file, reason=reason)) from error


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
        DevtoolsError: One is unknown, or has none, or they are written in another form.
    """
    accepted: object = getattr(migration, "accepted", {})
    if not isinstance(accepted, dict):
        raise DevtoolsError(NO_TABLE.format(file=file))
    for name, reason in accepted.items():
        if name not in ACCEPTABLE or not str(reason or "").strip():
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
