"""``manage.py doctor``: what is wrong with this project, here and now, and how to mend it."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.doctor.examination import examine
from apps.core.doctor.report import exit_status, wants_colour, write_report
from apps.core.doctor.rules import WAVES


class Command(BaseCommand):
    help = (
        "Look at the settings, the database, the cache, the queue, static files, origins and e-mail, and "
        "say what is wrong and how to mend it. Changes nothing, and ends within seconds. "
        "Exit status: 0 when all is well or there are only warnings, 1 with at least one error, "
        "2 for an unknown option."
    )
    # Its own: a check that fails is a finding like others.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON document.")

    def handle(self, *args: Any, json: bool, no_color: bool, force_color: bool, **options: Any) -> None:
        stream: Any = self.stdout
        with silence():
            results = examine(WAVES)
        write_report(
            results,
            settings_module=os.environ["DJANGO_SETTINGS_MODULE"],
            stream=stream,
            as_json=json,
            colour=wants_colour(stream, no_color=no_color, force_color=force_color),
        )
        sys.exit(exit_status(results))


@contextmanager
def silence() -> Iterator[None]:
    """Keep logs and prints of what is looked at out of the report."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        logging.disable(before)
