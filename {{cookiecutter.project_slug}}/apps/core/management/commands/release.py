from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError

from apps.core.database.diagnosis import diagnose
from apps.core.database.lock import exclusive, impatient
from apps.core.database.rule import LOCKED
from apps.core.management.commands.wait_for_db import explain


class Command(BaseCommand):
    help = (
        "Do what has to be done once for each release, before its code takes traffic: wait for the database, "
        "migrate, write the schedule. Of several that are started together, one works and the others wait."
    )
    # Before the database is there, nothing else matters; migrate looks at the rest.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--timeout", type=float, default=60, help="Seconds to wait for the database (default: 60)."
        )
        parser.add_argument(
            "--lock-timeout",
            type=int,
            default=10,
            help="Seconds that a migration may wait for a table, and everybody behind it (default: 10).",
        )

    def handle(self, *args: Any, timeout: float, lock_timeout: int, **options: Any) -> None:
        call_command("wait_for_db", timeout=timeout, stdout=self.stdout)
        with exclusive("release"):
            self.migrate(lock_timeout)
            call_command("sync_schedules", stdout=self.stdout)

    def migrate(self, lock_timeout: int) -> None:
        try:
            with impatient(lock_timeout):
                call_command("migrate", interactive=False, stdout=self.stdout)
        except OperationalError as error:
            found = diagnose(error)
            if found.lesson == LOCKED:
                raise CommandError(explain(found)) from error
            raise
