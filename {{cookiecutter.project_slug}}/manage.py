#!/usr/bin/env python
"""Django's command line. In development prefer ``just manage COMMAND``: it starts the services."""

import sys
from importlib import import_module

from django.core.management import execute_from_command_line

from apps.core.doctor.first_aid import stop_unless_settings_load


def import_wiring() -> None:
    """Read .env on a development machine and choose the settings."""
    import_module("config")


if __name__ == "__main__":
    if sys.argv[1:2] == ["doctor"]:
        # Settings that do not load end Django's command line before any command; the doctor explains.
        stop_unless_settings_load(sys.argv[2:], import_wiring)
    import_wiring()
    execute_from_command_line(sys.argv)
