"""Look at what the lessons of this app are about, in an otherwise empty database.

    uv run python -m apps.bookings.tests.live races
    uv run python -m apps.bookings.tests.live plans
    uv run python -m apps.bookings.tests.live long_report

``races`` lets fifty guests ask for one night at once, and says how many got it. ``plans`` fills the
tables and shows how PostgreSQL reads them. ``long_report`` asks for a report of many stays, and says how
long the answer took. A database and Redis are started for this, and stopped afterwards.
"""

import os
import sys
from importlib import import_module

import django
from django.core.management import call_command


def main(subject: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    call_command("migrate", verbosity=0)
    sys.stdout.write(f"{import_module(f'apps.bookings.tests.{subject}').report()}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
