"""core.E030 to E036: tasks that nobody would run, end or give back, and results that nobody reads."""

from collections.abc import Sequence
from typing import Any

from celery import current_app
from celery.backends.base import DisabledBackend
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register
from django.utils.module_loading import autodiscover_modules

from apps.core.checks.report import problem


@register
def check_tasks_are_sent_by_our_app(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    conf = current_app.conf
    # The broker alone would not tell: Celery finds CELERY_BROKER_URL in the environment by itself.
    ours = (settings.CELERY_BROKER_URL, settings.CELERY_TASK_DEFAULT_QUEUE)
    if (conf.broker_url, conf.task_default_queue) == ours:
        return []
    return [
        problem(
            "core.E030",
            f"Tasks would go to the queue {conf.task_default_queue!r} of another broker or app than ours.",
            mend="Import the app of config/celery.py in config/__init__.py; let it read the settings "
            'with namespace="CELERY".',
            lesson="celery-broker-config",
        )
    ]


@register
def check_scheduled_tasks_exist(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    # As the worker does. Celery's own way to ask for it would run the checks, and so us, again.
    autodiscover_modules("tasks")
    return [
        problem(
            "core.E031",
            f"The schedule's entry {name!r} names {entry['task']!r}, which is no registered task.",
            mend="Give the task this name, in a module called tasks.py of an installed app.",
            lesson="celery-pending-or-unregistered",
        )
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items()
        if entry["task"] not in current_app.tasks
    ]


@register
def check_results_are_ignored_by_default(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    if getattr(settings, "CELERY_TASK_IGNORE_RESULT", False):
        return []
    return [
        problem(
            "core.E032",
            "Every request that sends a task waits for the result store, and for long when it is down.",
            mend="Set CELERY_TASK_IGNORE_RESULT = True; keep single results with ignore_result=False.",
            lesson="celery-result-backend-hang",
        )
    ]


@register
def check_soft_limits_come_before_hard_ones(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    autodiscover_modules("tasks")
    return [
        problem(
            "core.E033",
            f"The task {name} is never stopped: its time_limit, {task.time_limit} s, is not above its "
            f"soft_time_limit, {task.soft_time_limit} s, and Celery looks at the soft one first.",
            mend="Give the task a soft_time_limit of its own, some seconds below its time_limit.",
            lesson="celery-delivery-guarantees",
        )
        for name, task in sorted(current_app.tasks.items())
        if task.time_limit and task.soft_time_limit and task.time_limit <= task.soft_time_limit
    ]


@register
def check_results_that_are_kept_have_a_store(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    if not isinstance(current_app.backend, DisabledBackend):
        return []
    autodiscover_modules("tasks")
    return [
        problem(
            "core.E034",
            f"The task {name} keeps its result, but there is no store for results: to read one fails with "
            "'DisabledBackend' object has no attribute '_get_task_meta_for'.",
            mend="Set CELERY_RESULT_BACKEND; or drop ignore_result=False, and keep what users ask for in a "
            "table of your own.",
            lesson="celery-result-backend-hang",
        )
        for name, task in sorted(current_app.tasks.items())
        if not task.ignore_result and not name.startswith("celery.")
    ]


@register
def check_routes_lead_to_declared_queues(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    declared = {queue.name for queue in settings.CELERY_TASK_QUEUES}
    routes = {"CELERY_TASK_DEFAULT_QUEUE": settings.CELERY_TASK_DEFAULT_QUEUE} | {
        f"CELERY_TASK_ROUTES[{pattern!r}]": route["queue"]
        for pattern, route in settings.CELERY_TASK_ROUTES.items()
    }
    return [
        problem(
            "core.E035",
            f"{place} leads to the queue {queue!r}, which is not declared: sending such a task fails.",
            mend=f"Name one of {', '.join(sorted(declared))}, or declare it in CELERY_TASK_QUEUES.",
            lesson="celery-pending-or-unregistered",
        )
        for place, queue in routes.items()
        if queue not in declared
    ]


@register
def check_a_stopping_worker_keeps_its_connection(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    is_rabbitmq = str(settings.CELERY_BROKER_URL).startswith("amqp")
    if not is_rabbitmq or settings.WORKER_GRACE_SECONDS < settings.CELERY_BROKER_HEARTBEAT:
        return []
    return [
        problem(
            "core.E036",
            f"A worker may take {settings.WORKER_GRACE_SECONDS} s to stop, and is silent meanwhile; RabbitMQ "
            "takes it for dead, and another worker starts its tasks too.",
            mend=f"Lower CELERY_WORKER_GRACE_SECONDS below {settings.CELERY_BROKER_HEARTBEAT}.",
            lesson="celery-delivery-guarantees",
        )
    ]
