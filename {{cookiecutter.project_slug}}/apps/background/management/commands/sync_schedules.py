from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.background.schedules import ImpossibleEntry, synchronise


class Command(BaseCommand):
    help = "Bring the schedule that is declared in the code into the database, where the scheduler reads it."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changes = synchronise(settings.CELERY_BEAT_SCHEDULE)
        except ImpossibleEntry as error:
            raise CommandError(str(error)) from None
        for verb, names in (("Wrote", changes.written), ("Removed", changes.removed)):
            if names:
                self.stdout.write(f"{verb} {', '.join(names)}.")
        self.stdout.write(f"The database has all {len(settings.CELERY_BEAT_SCHEDULE)} entries of the code.")
