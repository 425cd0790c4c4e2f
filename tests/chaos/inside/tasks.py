"""The task that is sent: it takes effect once, however often it is delivered."""

import os
import time
from typing import Any

from celery import Task, shared_task
from django.db import connection, transaction

NAME = "tests.take_effect"
# So long that it can be hit in the middle.
LONG_SECONDS = 1.0


@shared_task(name=NAME, bind=True)
def take_effect(self: Task[..., None], *, subject: str, seconds: float) -> None:
    """Write a row about ``subject``, after so many seconds of work.

    As every task should, it keeps its own id as a key, in the transaction of its effect. Nothing else
    keeps it from writing a second row.
    """
    is_long = seconds >= LONG_SECONDS
    execute(
        "INSERT INTO chaos_run (subject, pid, is_long) VALUES (%s, %s, %s)", subject, os.getpid(), is_long
    )
    with transaction.atomic():
        claimed = execute(
            "INSERT INTO chaos_key (task_id) VALUES (%s) ON CONFLICT DO NOTHING RETURNING task_id",
            self.request.id,
        )
        if claimed:
            time.sleep(seconds)
            execute("INSERT INTO chaos_effect (subject) VALUES (%s)", subject)


def execute(statement: str, *values: str | int | None) -> list[tuple[Any, ...]]:
    """Run one statement; the rows that it returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []
