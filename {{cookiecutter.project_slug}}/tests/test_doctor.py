"""The doctor in a process of its own, where settings and services really fail."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from celery import current_app
from django.core.cache import cache

from apps.core.doctor import heartbeat
from apps.core.doctor.findings import Finding, Severity
from apps.core.doctor.rules import queue
from config.database import SCHEMES
from tests.processes import (
    database_url,
    production_environment,
    run_python,
    running,
    wait_until,
    worker,
)

pytestmark = pytest.mark.django_db
# What another process writes to the database is cleared away only after such a test.
with_other_processes = pytest.mark.django_db(transaction=True)


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
    environment = production_environment(DATABASE_URL=f"{SCHEMES[0]}://app:hush-hush@127.0.0.1:1/app")

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


def severity(examine: Callable[[], list[Finding]]) -> Severity:
    return max(finding.severity for finding in examine())


@with_other_processes
@pytest.mark.skipif(sys.platform == "win32", reason="Celery's prefork pool needs a system that can fork.")
def test_real_worker_answers_and_knows_the_tasks(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with worker(log):
        wait_until(lambda: "ready." in log.read_text(), log=log)

        assert severity(queue.examine_worker) is Severity.OK
        assert severity(queue.examine_tasks) is Severity.OK
        assert severity(queue.examine_queues) is Severity.OK


def test_doctor_tells_an_absent_worker_from_one_that_hangs() -> None:
    result = run_python("manage.py", "doctor", "--json", environment=production_environment())

    findings = {finding["name"]: finding for finding in json.loads(result.stdout)["findings"]}
    assert findings["worker"]["severity"] == "error"
    assert findings["worker"]["wrong"].startswith("Nobody runs tasks")


def test_tasks_that_wait_for_an_absent_worker_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PATIENT_SECONDS", 0.1)
    current_app.control.purge()
    current_app.send_task("users.clear_expired_sessions")

    (finding,) = queue.examine_worker()
    current_app.control.purge()

    assert finding.severity is Severity.ERROR
    assert finding.seen.endswith("; 1 task waiting in 'default'")


@with_other_processes
def test_real_scheduler_leaves_its_sign_and_takes_it_back(tmp_path: Path) -> None:
    # Where the scheduler writes: its process knows nothing of a test's own corner of the cache.
    cache.key_prefix = ""
    cache.delete(heartbeat.KEY)
    log = tmp_path / "log"
    environment = {**os.environ, "DATABASE_URL": database_url()}

    with running("celery", "-A", "config", "beat", "--pidfile=", environment=environment, log=log):
        wait_until(heartbeat.read_signs, log=log)
        assert severity(queue.examine_beat) is Severity.OK

    current_app.control.purge()
    assert heartbeat.read_signs() == {}
    assert severity(queue.examine_beat) is Severity.ERROR
