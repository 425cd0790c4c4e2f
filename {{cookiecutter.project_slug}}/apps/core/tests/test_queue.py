from unittest.mock import Mock

import pytest
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.core import queue


@pytest.fixture
def send_task(monkeypatch: pytest.MonkeyPatch) -> Mock:
    send = Mock()
    monkeypatch.setattr("apps.core.queue.current_app.send_task", send)
    return send


@pytest.mark.django_db
def test_task_is_sent_once_and_only_after_the_commit(
    send_task: Mock, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        queue.enqueue_on_commit("users.clear_expired_sessions", day=1)
        send_task.assert_not_called()

    send_task.assert_called_once_with("users.clear_expired_sessions", kwargs={"day": 1}, ignore_result=True)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_when_the_transaction_is_rolled_back(send_task: Mock) -> None:
    with transaction.atomic():
        queue.enqueue_on_commit("users.clear_expired_sessions")
        transaction.set_rollback(True)

    send_task.assert_not_called()
