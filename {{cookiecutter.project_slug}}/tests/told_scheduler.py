"""A scheduler that is told what time it is: ``python -m tests.told_scheduler [hang-in-…]``.

For each moment that it reads, a line each, it fires what is due then, and answers "done". Told to hang, it
says "hanging" in the middle of its first run, and can be killed there.
"""

import sys
import time
from datetime import datetime
from unittest import mock

import django
import time_machine
from celery import current_app
from django.db import connection

HANG_SECONDS = 60
# What a scheduler is about to do when it is killed.
HANGS = {
    "hang-in-claim": "apps.background.models.OutboxMessage.save",
    "hang-before-sending": "apps.core.queue.send",
    "hang-after-sending": "apps.background.models.OutboxMessage.delete",
}


def main() -> None:
    django.setup()
    # By their side effects, these need Django to be set up.
    from apps.background.scheduler import ClaimingScheduler  # noqa: PLC0415

    # As with the pool that servers have and the settings of the tests have not.
    connection.settings_dict["CONN_MAX_AGE"] = None
    for argument in sys.argv[1:]:
        mock.patch(HANGS[argument], hang).start()
    scheduler = ClaimingScheduler(app=current_app)
    for line in sys.stdin:
        with time_machine.travel(datetime.fromisoformat(line.strip()), tick=False):
            while scheduler.tick() == 0:
                pass
        say("done")


def hang(*_args: object, **_kwargs: object) -> None:
    say("hanging")
    time.sleep(HANG_SECONDS)


def say(word: str) -> None:
    sys.stdout.write(f"said {word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
