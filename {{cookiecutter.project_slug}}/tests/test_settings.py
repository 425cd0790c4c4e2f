"""What the settings promise as a whole."""

import pytest
from django.core.checks import run_checks
from django.core.management import call_command

from tests.processes import production_environment, run_python


def test_checks_find_nothing() -> None:
    assert run_checks() == []


@pytest.mark.lesson("deploy-check-gate")
@pytest.mark.django_db
def test_deployment_checks_find_nothing_in_production() -> None:
    result = run_python(
        "manage.py", "check", "--deploy", "--fail-level", "WARNING", environment=production_environment()
    )

    assert (result.returncode, result.stdout) == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.django_db
def test_checks_find_nothing_on_a_development_machine() -> None:
    environment = production_environment(
        DJANGO_SETTINGS_MODULE="config.settings.local", DEBUG="true", EMAIL_URL=None
    )

    result = run_python("manage.py", "check", "--fail-level", "WARNING", environment=environment)

    assert (result.returncode, result.stdout) == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.django_db
@pytest.mark.parametrize("entry_point", ["config.wsgi", "config.asgi", "config.gunicorn"])
def test_entry_points_start_with_productions_settings(entry_point: str) -> None:
    program = f"import {entry_point}; from django.conf import settings; print(settings.SETTINGS_MODULE)"

    # WhiteNoise rightly warns where collectstatic has not run yet.
    result = run_python("-W", "ignore:No directory at", "-c", program, environment=production_environment())

    assert (result.stderr, result.stdout) == ("", "config.settings.production\n")


@pytest.mark.django_db
def test_every_model_change_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
