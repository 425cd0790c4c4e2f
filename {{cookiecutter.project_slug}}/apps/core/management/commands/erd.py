from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.core.erd import differences, write_document

FILE = "docs/erd.md"


class Command(BaseCommand):
    help = f"Write the diagram of this project's tables, {FILE}, from the models."
    # It reads the models only: no database, and no settings that are right.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="Write nothing; say what differs, and end with status 1 if anything does.",
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        configured: Any = settings
        file: Path = configured.PROJECT_DIR / FILE
        document = write_document()
        if not check:
            file.write_text(document, encoding="utf-8", newline="\n")
            self.stdout.write(f"Wrote {FILE}.")
            return
        committed = file.read_text(encoding="utf-8") if file.exists() else ""
        if found := list(differences(committed, document)):
            lines = "\n".join(f"    {difference}" for difference in found)
            raise CommandError(f"{FILE} is not what the models say:\n{lines}\nTo write it anew: just docs")
        self.stdout.write(f"{FILE} is what the models say.")
