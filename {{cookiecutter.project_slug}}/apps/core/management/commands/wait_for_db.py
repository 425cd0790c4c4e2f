import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from apps.core.database.connect import ask_database
from apps.core.database.diagnosis import diagnose
from apps.core.database.rule import Diagnosis
from apps.core.lessons import lesson_url

PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    help = "Wait until the database answers; when waiting cannot help, say at once what is wrong."
    # Before the database is there, nothing else matters.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--timeout", type=float, default=60, help="Seconds to wait at most; 0 tries once (default: 60)."
        )

    def handle(self, *args: Any, timeout: float, **options: Any) -> None:
        deadline = time.monotonic() + timeout
        while found := attempt():
            if not found.passing or time.monotonic() >= deadline:
                raise CommandError(explain(found))
            time.sleep(PAUSE_SECONDS)
        self.stdout.write("The database answers.")


def explain(found: Diagnosis) -> str:
    return f"{found.seen}\n{found.problem}\n{found.mend}\nWhy: {lesson_url(found.lesson)}"


def attempt() -> Diagnosis | None:
    """Ask the database once; what is wrong, or None."""
    try:
        ask_database()
    except OperationalError as error:
        return diagnose(error)
    return None
