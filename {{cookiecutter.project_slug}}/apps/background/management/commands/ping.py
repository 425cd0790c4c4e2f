import platform
import time
from argparse import ArgumentParser
from typing import Any

from celery import current_app
from django.core.management.base import BaseCommand, CommandError

from apps.core.doctor.heartbeat import ALIVE_SECONDS, read_signs

REPLY_SECONDS = 5


class Command(BaseCommand):
    help = "Say whether the worker, or the scheduler, of this machine or container is at work."
    # It is asked often, and about one thing.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("process", choices=["worker", "scheduler"])

    def handle(self, *args: Any, process: str, **options: Any) -> None:
        is_at_work = worker_answers() if process == "worker" else scheduler_gives_signs()
        if not is_at_work:
            raise CommandError(f"The {process} of {platform.node()} gives no sign of life.")
        self.stdout.write(f"The {process} of {platform.node()} is at work.")


def worker_answers() -> bool:
    """Whether it answers a message: then it has its connection to the broker, too."""
    return bool(current_app.control.ping([f"celery@{platform.node()}"], timeout=REPLY_SECONDS))


def scheduler_gives_signs() -> bool:
    """Whether it was at its work a moment ago: it answers nobody, but leaves a sign in the cache."""
    oldest = time.time() - ALIVE_SECONDS
    prefix = f"{platform.node()}:"
    return any(name.startswith(prefix) and moment > oldest for name, moment in read_signs().items())
