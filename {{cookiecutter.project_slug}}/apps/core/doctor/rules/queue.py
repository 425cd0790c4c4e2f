"""Celery: the broker, the workers, what they know, and the scheduler."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.utils.module_loading import autodiscover_modules
from django_celery_beat.models import PeriodicTask

from apps.core.doctor.findings import (
    Finding,
    command,
    error,
    error_for_users,
    in_development,
    listed,
    ok,
    warning,
)
from apps.core.doctor.heartbeat import ALIVE_SECONDS, BEATING_SECONDS, read_signs
from apps.core.doctor.services import STAND_IN_HOST, START, not_running
from apps.core.health.probes import probe_broker
from apps.core.queues import count_waiting, names_of_queues

# All workers that are there answer within milliseconds; the rest of the time is for the network. On a machine
# that is busy they may need more: where none has answered, they are asked once more.
ANSWER_SECONDS = 1.5
PATIENT_SECONDS = 3.0
BROKER = "celery-broker-config"
PENDING = "celery-pending-or-unregistered"
SINGLE_BEAT = "celery-beat-single"
SCHEDULER = "apps.background.scheduler:ClaimingScheduler"


def examine_broker() -> list[Finding]:
    if STAND_IN_HOST in str(settings.CELERY_BROKER_URL):
        return not_running("The task queue", "CELERY_BROKER_URL", lesson=BROKER)
    used = current_app.conf.broker_url
    if used != settings.CELERY_BROKER_URL:
        return error(
            f"Celery would connect to {used}",
            wrong="Celery does not read this project's settings, so tasks go to another broker.",
            mend="Import the app in config/__init__.py, and let it read them with namespace='CELERY'.",
            lesson=BROKER,
        )
    try:
        probe_broker()
    except Exception as refusal:  # noqa: BLE001 - each transport raises errors of its own
        return error(
            f"{used}: {refusal}",
            wrong="The broker cannot be reached: every request that enqueues a task fails.",
            mend=START if in_development() else "Start the broker, or correct CELERY_BROKER_URL.",
            lesson=BROKER,
        )
    parts = urlsplit(used)
    return ok(f"{parts.hostname}:{parts.port}{parts.path} answers, {waiting_tasks()}")


def waiting_tasks() -> str:
    """How many tasks wait, by queue."""
    waiting = {name: number for name, number in count_waiting().items() if number}
    if not waiting:
        return "no tasks waiting"
    return ", ".join(
        f"{number} task{'' if number == 1 else 's'} waiting in {name!r}" for name, number in waiting.items()
    )


def ask_workers(question: Callable[[float], Any]) -> Any:
    """Ask all workers.

    Args:
        question: Takes how many seconds to wait for answers, and returns them.
    """
    return question(ANSWER_SECONDS) or question(PATIENT_SECONDS)


def examine_worker() -> list[Finding]:
    answers: list[dict[str, Any]] = (
        ask_workers(lambda seconds: current_app.control.ping(timeout=seconds)) or []
    )
    names = sorted(name for answer in answers for name in answer)
    if names:
        return ok(f"{listed(names)} answered")
    return error_for_users(
        f"no worker answered a ping within {PATIENT_SECONDS:g} s; {waiting_tasks()}",
        wrong="Nobody runs tasks: they wait in the queue, and their state stays PENDING.",
        mend=START if in_development() else "Start a worker: celery -A config worker",
        lesson=PENDING,
    )


def examine_tasks() -> list[Finding]:
    """Tasks that this process would send, and a worker would not know."""
    answers: dict[str, list[str]] = (
        ask_workers(lambda seconds: current_app.control.inspect(timeout=seconds).registered()) or {}
    )
    own = own_tasks()
    missing = {
        worker: sorted(own - {entry.split()[0] for entry in entries}) for worker, entries in answers.items()
    }
    found = [f"{worker} does not know {listed(names)}" for worker, names in missing.items() if names]
    if not found:
        return ok(f"each worker knows all {len(own)} of this project")
    return error_for_users(
        listed(found),
        wrong="The worker runs other code than this process: it makes dead letters of these tasks.",
        mend="Restart the worker with the code of today; send again what it has made dead letters of.",
        lesson=PENDING,
    )


def examine_queues() -> list[Finding]:
    """Whether somebody reads each queue that tasks are sent to."""
    answers: Any = (
        ask_workers(lambda seconds: current_app.control.inspect(timeout=seconds).active_queues()) or {}
    )
    read = {queue["name"] for queues in answers.values() for queue in queues}
    unread = [name for name in names_of_queues() if name not in read]
    if not unread:
        return ok(f"{listed(sorted(read))} read by a worker")
    return error_for_users(
        f"workers read {listed(sorted(read)) or 'nothing'}; {waiting_tasks()}",
        wrong=f"No worker reads {listed([repr(name) for name in unread])}: tasks wait there for ever.",
        mend="Start a worker that reads all of them: celery -A config worker . "
        f"Or one more: celery -A config worker -Q {','.join(unread)}",
        lesson=PENDING,
    )


def examine_schedule() -> list[Finding]:
    """The schedule in the database, where the scheduler reads it; core.E031 is about the settings' one."""
    names = PeriodicTask.objects.values_list("name", flat=True)
    if missing := sorted(set(settings.CELERY_BEAT_SCHEDULE) - set(names)):
        return error_for_users(
            f"the database does not have {listed(missing)} of CELERY_BEAT_SCHEDULE",
            wrong="The schedule of the code was not brought into the database: these tasks never run.",
            mend=command("sync_schedules"),
            lesson=SINGLE_BEAT,
        )
    planned = set(PeriodicTask.objects.filter(enabled=True).values_list("task", flat=True))
    unknown = sorted(name for name in planned - own_tasks() if not name.startswith("celery."))
    if not unknown:
        return ok(f"{len(planned)} planned in the database, all of them known")
    return error(
        f"the database plans {listed(unknown)}",
        wrong="No such task is registered: it becomes a dead letter each time it is due.",
        mend="Correct or delete the entry under Periodic tasks in the admin, or bring the task back.",
        lesson=PENDING,
    )


def own_tasks() -> set[str]:
    """The names of all tasks of this project."""
    # A worker looks for them when it starts; here nobody did.
    autodiscover_modules("tasks")
    return {name for name in current_app.tasks if not name.startswith("celery.")}


def examine_beat() -> list[Finding]:
    now = time.time()
    ages = {beat: now - moment for beat, moment in read_signs().items()}
    beating = sorted(beat for beat, age in ages.items() if age < BEATING_SECONDS)
    if len(beating) > 1:
        # Ours share the work; any other scheduler would leave no sign.
        return ok(f"{len(beating)} schedulers at work: {listed(beating)}")
    if ages and min(ages.values()) < ALIVE_SECONDS:
        return ok(f"the scheduler was at work {min(ages.values()):.0f} s ago")
    return no_beat(ages)


def no_beat(ages: dict[str, float]) -> list[Finding]:
    if settings.CELERY_BEAT_SCHEDULER != SCHEDULER:
        return warning(
            f"CELERY_BEAT_SCHEDULER is {settings.CELERY_BEAT_SCHEDULER}",
            wrong="Two schedulers of this kind send every task twice; and it leaves no sign of life, so that "
            "nobody can tell whether one runs, or two.",
            mend=f'Set CELERY_BEAT_SCHEDULER = "{SCHEDULER}".',
            lesson=SINGLE_BEAT,
        )
    last = f"; the last one {min(ages.values()):.0f} s ago" if ages else ""
    return error_for_users(
        f"no sign of the scheduler within {ALIVE_SECONDS} s{last}",
        wrong="The scheduler (beat) does not run: nothing happens by itself.",
        mend=START if in_development() else "Start one: celery -A config beat",
        lesson=SINGLE_BEAT,
    )
