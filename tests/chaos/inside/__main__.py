"""What the drill runs inside of a generated project: servers of its own, and one fault after the other."""

import argparse
import logging
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

from devtools import interrupts
from tests.chaos import services

LOGS = services.PROJECT / ".local" / "chaos"


def main() -> int:
    arguments = read_arguments()
    # Also when it is told to end, its servers end before it does.
    with interrupts.as_exits(), services.running(arguments.broker) as servers:
        set_up(servers.variables)
        return run_drill(arguments, servers, LOGS)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--broker", required=True)
    parser.add_argument("--tasks", type=int, required=True)
    parser.add_argument("--fault", action="append", required=True)
    return parser.parse_args()


def set_up(variables: dict[str, str]) -> None:
    """Make this a process that knows the project, beside the workers with production's settings."""
    os.environ.update(variables)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    # What fails here is counted, and not told each time as well.
    logging.disable(logging.ERROR)
    from django.conf import settings  # noqa: PLC0415 - they read the environment

    # The tests' alone: the workers would look for their messages elsewhere.
    settings.CELERY_BROKER_TRANSPORT_OPTIONS.pop("global_keyprefix", None)
    django.setup()
    call_command("migrate", verbosity=0)


def run_drill(arguments: argparse.Namespace, servers: services.Servers, logs: Path) -> int:
    from tests.chaos import count, drill, report  # noqa: PLC0415 - models come first
    from tests.chaos.faults import FAULTS  # noqa: PLC0415

    count.make_tables()
    outcomes: list[report.Outcome] = []
    for name in arguments.fault:
        outcome = drill.run(FAULTS[name], servers=servers, wanted=arguments.tasks, folder=logs / name)
        outcomes.append(outcome)
        # At once: the whole takes half an hour.
        print(*outcome.row(), sep=" | ", flush=True)
    print(f"\nBroker: {arguments.broker}\n{report.table(outcomes)}\n{report.verdict(outcomes)}")
    return 0 if all(outcome.is_good for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
