"""The signing key and the lifetimes: what the environment and the checks refuse."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import Tags, run_checks
from pytest_django.fixtures import Settings

from tests.processes import production_environment, run_python


def ids_of_complaints() -> list[str | None]:
    return [complaint.id for complaint in run_checks(tags=[Tags.security])]


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (None, "JWT_SIGNING_KEY is missing"),
        ("short", "JWT_SIGNING_KEY is too weak"),
        ("a-key-for-tests-" + "0123456789" * 5, "JWT_SIGNING_KEY is SECRET_KEY"),
    ],
)
@pytest.mark.django_db
def test_production_needs_a_signing_key_of_its_own(key: str | None, problem: str) -> None:
    result = run_python("-c", "import config.env", environment=production_environment(JWT_SIGNING_KEY=key))

    assert result.returncode == 1
    assert f"\n  {problem}" in result.stderr


@pytest.mark.django_db
def test_elsewhere_the_signing_key_is_made_from_the_secret_key() -> None:
    program = "from config.env import env; print(env.JWT_SIGNING_KEY)"
    printed = {
        run_python(
            "-c",
            program,
            environment=production_environment(
                DJANGO_SETTINGS_MODULE="config.settings.test", SECRET_KEY=key, JWT_SIGNING_KEY=None
            ),
        ).stdout
        for key in ("one", "two")
    }

    assert len(printed) == 2
    assert all(len(key.strip()) == 64 for key in printed)


@pytest.mark.lesson("jwt-lifecycle")
@pytest.mark.parametrize(
    ("change", "id_of_check"),
    [
        ({"ACCESS_TOKEN_LIFETIME": timedelta(days=1)}, "core.E060"),
        ({"REFRESH_TOKEN_LIFETIME": timedelta(days=365)}, "core.E061"),
    ],
)
def test_long_lifetimes_are_refused(settings: Settings, change: dict[str, Any], id_of_check: str) -> None:
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, **change}

    assert ids_of_complaints() == [id_of_check]


def test_secret_key_as_signing_key_is_refused(settings: Settings) -> None:
    settings.SIMPLE_JWT = {**settings.SIMPLE_JWT, "SIGNING_KEY": settings.SECRET_KEY}

    assert ids_of_complaints() == ["core.E062"]


@pytest.mark.lesson("jwt-lifecycle")
def test_settings_in_force_pass_the_checks() -> None:
    assert ids_of_complaints() == []
