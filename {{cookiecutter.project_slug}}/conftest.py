"""Fixtures for every test, in the apps and in ``tests/``."""

import os
from collections.abc import Generator
from uuid import uuid4

import pytest
from celery import current_app
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMessage
from rest_framework.test import APIClient

from apps.core.lessons import lesson_url
from apps.users.models import User
from apps.users.tests.factories import UserFactory


def pytest_configure() -> None:
    """Forget which repository a hook of git's is about: some tests make one of their own."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"):
        os.environ.pop(name, None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Name the lesson that a failed test guards."""
    report = yield
    lesson = item.get_closest_marker("lesson")
    if report.failed and lesson:
        report.sections.append(("The lesson behind this test", lesson_url(*lesson.args)))
    return report


@pytest.fixture(autouse=True)
def _own_corner_of_the_cache() -> None:
    """Give each test keys of its own: none is throttled for what another one asked."""
    cache.key_prefix = f"test-{uuid4()}"


@pytest.fixture(autouse=True)
def _no_pause_of_the_outbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test send at once: where a broker was away, it is left alone for some seconds."""
    monkeypatch.setattr("apps.background.outbox._pause.until", 0.0)


@pytest.fixture
def user(db: None) -> User:
    return UserFactory.create()


@pytest.fixture
def anonymous() -> APIClient:
    return APIClient()


@pytest.fixture
def client_of_user(user: User) -> APIClient:
    """An API client that is signed in as ``user``."""
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """The e-mails about accounts, each there as soon as it was asked for, without a worker."""

    def run_at_once(task: str, **kwargs: object) -> None:
        current_app.loader.import_default_modules()
        current_app.tasks[task](**kwargs)

    for name in ("enqueue_on_commit", "enqueue_durably"):
        monkeypatch.setattr(f"apps.users.services.{name}", run_at_once)
    return mail.outbox
