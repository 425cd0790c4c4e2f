"""What a request answers while the task queue cannot be reached."""

import json
from unittest.mock import Mock

import pytest
import yaml
from rest_framework.test import APIClient

from apps.background import outbox
from apps.background.models import OutboxMessage
from apps.core.management.commands.openapi import DOCUMENTS
from apps.core.queue import QueueUnavailable
from apps.users.models import User
from apps.users.tests.factories import PASSWORD

ACCOUNT = {"email": "new@example.com", "password": "a-new-and-much-longer-password", "name": "Ada"}
EMAIL = {"email": ACCOUNT["email"]}

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.lesson("celery-broker-config"),
    pytest.mark.usefixtures("_away"),
]


@pytest.fixture
def _away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.core.queue.send", Mock(side_effect=QueueUnavailable))
    # The outbox remembers for a while that the queue was away, here until the end of the test.
    monkeypatch.setattr(outbox, "PAUSE_SECONDS", 0)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/api/v1/auth/sign-up/", ACCOUNT),
        ("post", "/api/v1/auth/verify-email/resend/", EMAIL),
        ("post", "/api/v1/auth/password/reset/", EMAIL),
        ("patch", "/api/v1/users/me/", EMAIL | {"current_password": PASSWORD}),
    ],
)
def test_operation_whose_mail_cannot_be_sent_says_so_as_documented(
    method: str, path: str, body: dict[str, str], user: User
) -> None:
    # Answered as in production, not with the exception.
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)

    answered = client.generic(method.upper(), path, json.dumps(body), content_type="application/json")

    assert (answered.status_code, answered.json()["code"]) == (503, "queue_unavailable")
    document = yaml.safe_load((DOCUMENTS / "v1.yaml").read_text(encoding="utf-8"))
    assert "503" in document["paths"][path][method]["responses"]


def test_changed_password_is_announced_sooner_or_later(user: User, client_of_user: APIClient) -> None:
    change = {"current_password": PASSWORD, "new_password": ACCOUNT["password"]}

    answered = client_of_user.post("/api/v1/auth/password/change/", change)

    assert answered.status_code == 204
    kept = OutboxMessage.objects.values_list("task_name", "kwargs")
    assert list(kept) == [("users.send_password_changed_notice", {"user_id": user.pk})]
