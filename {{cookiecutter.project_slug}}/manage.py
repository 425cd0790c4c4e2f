#!/usr/bin/env python
"""Django's command line. In development prefer ``just manage COMMAND``: it starts the services."""

import sys

from django.core.management import execute_from_command_line

import config  # noqa: F401 - reads .env on a development machine and chooses the settings

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
