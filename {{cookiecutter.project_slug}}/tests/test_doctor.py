"""The doctor in a process of its own, where settings and services really fail."""

import json

import pytest

from tests.processes import production_environment, run_python

pytestmark = pytest.mark.django_db


def test_doctor_explains_an_environment_that_is_refused() -> None:
    environment = production_environment(SECRET_KEY=None, ALLOWED_HOSTS="*")

    result = run_python("manage.py", "doctor", "--json", environment=environment)

    document = json.loads(result.stdout)
    assert (result.returncode, document["settings"]) == (1, "config.settings.production")
    assert [finding["name"] for finding in document["findings"]] == [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "everything else",
    ]


def test_doctor_still_runs_when_the_database_is_down() -> None:
    environment = production_environment(DATABASE_URL="postgres://app:hush-hush@127.0.0.1:1/app")

    result = run_python("manage.py", "doctor", "--json", environment=environment)

    findings = {finding["name"]: finding for finding in json.loads(result.stdout)["findings"]}
    assert result.returncode == 1
    assert findings["database"]["severity"] == "error"
    assert findings["database"]["lesson"].endswith("/lessons/pg-connection-triage/")
    assert findings["migrations"]["severity"] == "skipped"
    assert findings["cache"]["severity"] == "ok"
    assert "hush-hush" not in result.stdout + result.stderr


def test_doctor_writes_for_people_without_colours_into_a_pipe() -> None:
    result = run_python("manage.py", "doctor", environment=production_environment(PYTHONIOENCODING="utf-8"))

    assert result.stdout.startswith("Doctor with config.settings.production\n\nSettings\n  ✓ settings")
    assert "\x1b[" not in result.stdout
    assert result.returncode == 1
