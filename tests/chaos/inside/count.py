"""What became of the tasks: each run, and each effect, is a row."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections

from apps.background.models import DeadLetter, OutboxMessage
from apps.core.queues import count_waiting
from tests.chaos.tasks import execute

TABLES = (
    # A run that began, wherever it ended.
    "CREATE TABLE chaos_run (id bigserial PRIMARY KEY, subject text, pid integer, is_long boolean)",
    "CREATE TABLE chaos_key (task_id text PRIMARY KEY)",
    # Without a unique key: here a doubled effect has to show.
    "CREATE TABLE chaos_effect (id bigserial PRIMARY KEY, subject text)",
    "CREATE INDEX ON chaos_effect (subject)",
)
NO_EFFECT = "NOT EXISTS (SELECT FROM chaos_effect WHERE chaos_effect.subject = chaos_run.subject)"
HIT_OFTEN = f"SELECT subject FROM chaos_run WHERE {NO_EFFECT} GROUP BY subject HAVING count(*) >= %s"  # noqa: S608
IN_THE_MIDDLE = (
    f"SELECT pid FROM chaos_run WHERE id > %s AND is_long AND {NO_EFFECT} ORDER BY id DESC LIMIT 1"  # noqa: S608
)
MOST_RUNS = 3
# So long nothing may have happened before all is over, when something is missing.
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class Count:
    """What one fault has done.

    Args:
        runs: That began, for what was accepted and what was not.
        letters: The dead letters, of which the admin would know; they count as lost all the same.
    """

    accepted: int
    lost: list[str]
    doubled: list[str]
    runs: int
    letters: list[str]


def make_tables() -> None:
    for statement in TABLES:
        execute(statement)


def empty_tables() -> None:
    execute("TRUNCATE chaos_run, chaos_key, chaos_effect RESTART IDENTITY")
    DeadLetter.objects.all().delete()


def count(accepted: Collection[str]) -> Count:
    return Count(
        accepted=len(accepted),
        lost=sorted(set(accepted) - set(column("SELECT subject FROM chaos_effect"))),
        doubled=column(
            "SELECT subject FROM chaos_effect GROUP BY subject HAVING count(*) > 1 ORDER BY subject"
        ),
        runs=column("SELECT count(*) FROM chaos_run")[0],
        letters=[f"{letter}: {letter.error}" for letter in DeadLetter.objects.all()],
    )


def column(query: str, *values: str | int) -> list[Any]:
    """What a query of one column finds."""
    return [row[0] for row in execute(query, *values)]


def last_run() -> int:
    """The number of the run that began last."""
    # The one from before a restart of the database is dead.
    close_old_connections()
    return int(column("SELECT coalesce(max(id), 0) FROM chaos_run")[0])


def find_victim(*, after: int) -> int | None:
    """The process that is in the middle of a long task, one that began after that run.

    None also while a task that was hit twice has not ended yet. After five times it would be given up, as
    one that kills its process; here it is innocent.
    """
    close_old_connections()
    try:
        if column(HIT_OFTEN, MOST_RUNS):
            return None
        return next(iter(column(IN_THE_MIDDLE, after)), None)
    except (OperationalError, InterfaceError):
        return None


def wait_for_rest(accepted: Collection[str], *, quiet_seconds: float, look_after: Callable[[], None]) -> None:
    """Wait until nothing happens any more: all is done that was accepted, and nothing comes a second time.

    Args:
        quiet_seconds: After these, the broker would have delivered what it will ever deliver.
        look_after: Called at each look, to keep the workers alive.
    """
    seen, since = None, time.monotonic()
    while True:
        look_after()
        now = state()
        if now != seen:
            seen, since = now, time.monotonic()
        complete = now is not None and now[2:] == (0, 0) and not count(accepted).lost
        if time.monotonic() - since > (quiet_seconds if complete else PATIENCE_SECONDS):
            return
        time.sleep(1)


def state() -> tuple[int, int, int, int] | None:
    """The number of runs and of effects, and what waits in the queues and the outbox; None: no answer."""
    close_old_connections()
    try:
        effects = int(column("SELECT count(*) FROM chaos_effect")[0])
        return last_run(), effects, sum(count_waiting().values()), OutboxMessage.objects.count()
    except (OperationalError, InterfaceError, OSError):
        return None
