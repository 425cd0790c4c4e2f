"""The checks of the API: silent on the project as it is, red on the mistake."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import CheckMessage
from pytest_django.fixtures import Settings

from apps.core.api.deprecation import Deprecated
from apps.core.checks import api
from apps.core.lessons import lesson_url

SESSION = "rest_framework.authentication.SessionAuthentication"
STOCK_HANDLER = "drf_standardized_errors.handler.ExceptionHandler"

MISTAKES: list[tuple[Any, str, str, str, dict[str, Any]]] = [
    (
        api.check_errors_have_one_form,
        "core.E050",
        "validation-and-error-contract",
        "REST_FRAMEWORK",
        {"EXCEPTION_HANDLER": "rest_framework.views.exception_handler"},
    ),
    (
        api.check_errors_have_one_form,
        "core.E050",
        "validation-and-error-contract",
        "DRF_STANDARDIZED_ERRORS",
        {"EXCEPTION_HANDLER_CLASS": STOCK_HANDLER},
    ),
    (
        api.check_first_authentication_has_a_challenge,
        "core.E051",
        "auth-header-scheme",
        "REST_FRAMEWORK",
        {"DEFAULT_AUTHENTICATION_CLASSES": [SESSION]},
    ),
    (
        api.check_versions_are_served,
        "core.E052",
        "api-versioning",
        "REST_FRAMEWORK",
        {"ALLOWED_VERSIONS": []},
    ),
]


@pytest.mark.parametrize(("check", "check_id", "lesson", "setting", "changes"), MISTAKES)
def test_mistake_is_found_and_its_lesson_named(
    check: Callable[[None], list[CheckMessage]],
    check_id: str,
    lesson: str,
    setting: str,
    changes: dict[str, Any],
    settings: Settings,
) -> None:
    assert check(None) == []
    setattr(settings, setting, {**getattr(settings, setting), **changes})

    messages = check(None)

    assert {message.id for message in messages} == {check_id}
    assert str(messages[0].hint).endswith(f"Why: {lesson_url(lesson)}")


def test_version_that_nobody_serves_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    forgotten = tmp_path / "api" / "v7"
    forgotten.mkdir(parents=True)
    (forgotten / "urls.py").touch()
    monkeypatch.setattr(apps.get_app_config("core"), "path", str(tmp_path))

    messages = api.check_versions_are_served(None)

    assert [message.msg for message in messages] == [
        "apps.core.api.v7 is served nowhere: v7 is no allowed version."
    ]


def test_errors_outside_of_views_that_are_pages_are_named(settings: Settings) -> None:
    assert api.check_error_pages_are_problems(None) == []
    settings.ROOT_URLCONF = "tests.crashing_urls"

    messages = api.check_error_pages_are_problems(None)

    assert [message.id for message in messages] == ["core.E054"] * 4
    assert str(messages[2].hint).startswith('Set handler404 = "apps.core.api.error_pages.not_found"')


def test_deprecations_of_the_project_are_true() -> None:
    assert api.check_deprecations_say_something_true(None) == []


def test_deprecation_that_says_nonsense_is_named() -> None:
    class Hasty(Deprecated):
        # Not of "apps.": until it is collected as garbage, the checks in other tests would find it.
        __module__ = "tests.hasty"
        deprecated_since = date(2026, 1, 2)
        sunset = date(2026, 1, 1)
        successor = "v2:nowhere"

    assert Hasty in api.views_below(Deprecated)
    assert [(message.id, message.msg) for message in api.check_deprecation(Hasty)] == [
        ("core.E053", "Hasty ends on 2026-01-01, before it is deprecated on 2026-01-02."),
        ("core.E053", "The successor of Hasty, 'v2:nowhere', is the name of no address."),
    ]
