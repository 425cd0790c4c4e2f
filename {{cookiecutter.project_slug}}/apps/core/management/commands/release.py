from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from apps.core.database.lock import exclusive


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

    def handle(self, *args: Any, timeout: float, **options: Any) -> None:
        call_command("wait_for_db", timeout=timeout, stdout=self.stdout)
        with exclusive("release"):
            call_command("migrate", interactive=False, stdout=self.stdout)
            call_command("sync_schedules", stdout=self.stdout)
