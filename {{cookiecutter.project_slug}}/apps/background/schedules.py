"""The schedule that is declared in the code, in the tables that the scheduler reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import ModelEntry

# How the entries of the code are told from those that somebody made in the admin, where this is shown.
DECLARED = "Declared in CELERY_BEAT_SCHEDULE: change it there, and run manage.py sync_schedules."
# What the tables have columns for.
OPTIONS = {"queue", "exchange", "routing_key", "priority", "headers", "expire_seconds"}


class ImpossibleEntry(ValueError):
    """An entry that the tables cannot hold; the message names it."""


@dataclass(frozen=True)
class Changes:
    """The names of the entries that were not as declared."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@transaction.atomic
def synchronise(declared: Mapping[str, Mapping[str, Any]]) -> Changes:
    """Write the entries that are declared, and remove those that are declared no longer.

    Entries that were made by hand stay as they are; so does what was switched off by hand. When an entry
    last ran is not touched, so nothing runs twice, and no interval begins anew.

    Args:
        declared: By name, as Celery's ``beat_schedule``.

    Raises:
        ImpossibleEntry: Nothing was changed.
    """
    vanished = PeriodicTask.objects.filter(description=DECLARED).exclude(name__in=declared)
    changes = Changes(removed=sorted(vanished.values_list("name", flat=True)))
    vanished.delete()
    for name, entry in declared.items():
        if _write(name, entry):
            changes.written.append(name)
    return changes


def _write(name: str, entry: Mapping[str, Any]) -> bool:
    """Write one entry; whether that changed anything."""
    columns = _columns(name, entry)
    task, is_new = PeriodicTask.objects.get_or_create(name=name, defaults=columns)
    changed = [column for column, value in columns.items() if getattr(task, column) != value]
    for column in changed:
        setattr(task, column, columns[column])
    if changed:
        # Not the others: a scheduler may be claiming a run, and would find its note overwritten.
        task.save(update_fields=changed)
    return is_new or bool(changed)


def _columns(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(entry.get("options") or {}) - OPTIONS)
    if unknown:
        raise ImpossibleEntry(
            f"The entry {name!r} of CELERY_BEAT_SCHEDULE has the option {unknown[0]!r}; "
            f"there are {', '.join(sorted(OPTIONS))}."
        )
    columns: dict[str, Any] = ModelEntry._unpack_fields(**entry)  # noqa: SLF001 - it has no public name
    return {**columns, "description": DECLARED}
