"""Hand work to the task queue, by name.

By name, so that services need not import tasks, which import services.
"""

from celery import current_app
from django.db import transaction


def enqueue_on_commit(task_name: str, **kwargs: object) -> None:
    """Send a task to its queue once the current transaction is committed.

    Before the commit, a worker would look for rows that are not there yet; after a rollback, it
    would act on something that never happened. Outside a transaction the task is sent at once.

    Args:
        task_name: The registered name, for example ``"users.clear_expired_sessions"``. The test
            ``test_every_enqueued_task_name_is_registered`` guards against typing errors.
        kwargs: The task's arguments: JSON values, and primary keys rather than objects.
    """
    transaction.on_commit(lambda: _send(task_name, kwargs))


def _send(task_name: str, kwargs: dict[str, object]) -> None:
    # By name, Celery knows nothing of the task, and without being told it would prepare to receive
    # a result: with a result store that is down, the request would wait for it.
    ignore_result = current_app.conf.task_ignore_result
    current_app.send_task(task_name, kwargs=kwargs, ignore_result=ignore_result)
