"""The doctor as a whole: deadlines, reports, secrets, and settings that do not load."""

import io
import json
import os
import threading
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from apps.core.doctor import examination, first_aid, redaction
from apps.core.doctor.examination import examine
from apps.core.doctor.findings import Finding, Result, Rule, Severity, listed, ok, warning
from apps.core.doctor.report import exit_status, wants_colour, write_report
from apps.core.lessons import LESSONS_URL

LESSON = "pg-connection-triage"


def rule(name: str, answer: Any, **options: Any) -> Rule:
    return Rule("Area", name, answer, LESSON, **options)


def fail() -> list[Finding]:
    raise ValueError("no idea")


def test_rule_that_hangs_is_reported_and_holds_nobody_up() -> None:
    hang = threading.Event()

    (result,) = examine([[rule("slow", hang.wait, seconds=0.05)]])

    hang.set()
    assert result.severity is Severity.ERROR
    assert result.findings[0].seen == "no answer after 0.05 s"


def test_rule_that_crashes_is_a_finding_with_its_place() -> None:
    (result,) = examine([[rule("broken", fail)]])

    assert result.severity is Severity.ERROR
    assert result.findings[0].seen.endswith("ValueError: no idea")


def test_rule_is_skipped_when_what_it_needs_is_not_well() -> None:
    results = examine([[rule("database", fail)], [rule("schema", lambda: ok("fits"), needs="database")]])

    assert results[1].severity is Severity.SKIPPED
    assert results[1].findings[0].seen == "not looked at: database comes first"


def test_rule_runs_when_what_it_needs_is_well() -> None:
    results = examine(
        [[rule("database", lambda: ok("up"))], [rule("schema", lambda: ok("fits"), needs="database")]]
    )

    assert [result.findings[0].seen for result in results] == ["up", "fits"]


def test_place_of_a_typing_error_is_the_line_of_the_file() -> None:
    file = examination.PROJECT_DIR / "config" / "urls.py"
    mistake = SyntaxError("invalid syntax", (str(file), 3, 1, "urlpatterns ="))

    assert examination.place_of(mistake) == "config/urls.py, line 3: "


def test_rows_that_are_too_many_are_counted() -> None:
    assert listed(["a", "b", "c"], limit=2) == "a, b and 1 more"


SICK = [
    Result("Database", "database", ok("PostgreSQL answers")),
    Result(
        "Queue",
        "worker",
        warning("nobody", wrong="Nobody works.", mend="just up", lesson="auth-default-deny"),
    ),
    Result(
        "Queue",
        "broker",
        [Finding(Severity.ERROR, "redis://user:hush@r/0", "It is away.", "Start it.", "a-b")],
    ),
    Result("Queue", "tasks", [Finding(Severity.SKIPPED, "not looked at")]),
]


def report(results: list[Result], *, stream: io.StringIO | None = None, **options: bool) -> str:
    stream = stream or io.StringIO()
    write_report(
        results,
        settings_module="config.settings.test",
        stream=stream,
        **{"as_json": False, "colour": False, **options},
    )
    return stream.getvalue()


def test_report_groups_findings_and_tells_what_to_type() -> None:
    text = report(SICK)

    assert "Doctor with config.settings.test\n\nDatabase\n  ✓ database  PostgreSQL answers" in text
    assert f"why   {LESSONS_URL}a-b/" in text
    assert "mend  Start it." in text
    assert text.endswith("1 error, 1 warning, 1 fine, 1 not looked at.\n")
    assert "hush" not in text


def test_report_has_colours_where_they_are_wanted() -> None:
    assert "\x1b[" in report(SICK, colour=True)
    assert "\x1b[" not in report(SICK)


def test_report_survives_a_terminal_without_check_marks() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    write_report(SICK, settings_module="x", stream=stream, as_json=False, colour=False)

    stream.seek(0)
    assert "  + database" in stream.read()


def test_json_says_the_same_for_programs() -> None:
    document = json.loads(report(SICK, as_json=True))

    assert document["status"] == "error"
    assert document["counts"] == {"error": 1, "warning": 1, "skipped": 1, "ok": 1}
    assert document["findings"][2] == {
        "area": "Queue",
        "name": "broker",
        "severity": "error",
        "seen": "redis://***@r/0",
        "wrong": "It is away.",
        "mend": "Start it.",
        "lesson": f"{LESSONS_URL}a-b/",
    }


@pytest.mark.parametrize(("results", "status"), [(SICK, 1), (SICK[:2], 0), ([], 0)])
def test_only_an_error_makes_the_exit_status_one(results: list[Result], status: int) -> None:
    assert exit_status(results) == status


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_that_do_not_decline_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert wants_colour(Terminal()) is True
    assert wants_colour(io.StringIO()) is False
    assert wants_colour(Terminal(), no_color=True) is False
    assert wants_colour(io.StringIO(), force_color=True) is True
    monkeypatch.setenv("NO_COLOR", "1")
    assert wants_colour(Terminal()) is False


def test_secrets_of_environment_and_settings_are_hidden(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("PAYMENT_API_KEY", "key-of-payment")
    monkeypatch.setenv("SEARCH_URL", "https://app:pass%2Fword@search.example")  # pragma: allowlist secret
    monkeypatch.setenv("BROKEN_URL", "https://[broken")

    text = f"{settings.SECRET_KEY} key-of-payment pass/word postgres://a:b@db"

    assert redaction.hide_secrets(text) == "*** *** *** postgres://***@db"
    settings.SECRET_KEY = ""
    assert redaction.hide_secrets("key-of-payment") == "***"


@pytest.mark.django_db
def test_command_reports_as_json_and_ends_with_the_status_of_what_it_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = io.StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("doctor", "--json", stdout=out)

    document = json.loads(out.getvalue())
    assert ended.value.code == 1
    assert {finding["area"] for finding in document["findings"]} == {
        "Settings",
        "Hosts and origins",
        "Static files",
        "E-mail",
        "Cache",
        "Database",
        "Queue",
    }


# --- settings that do not load ---

MESSAGE = """The environment is not complete for config.settings.production:

  SECRET_KEY is missing.
      Signs sessions and tokens.
      For example: SECRET_KEY=random
  DATABASE_URL has a password with characters that a URL reserves. Write @ as %40.
      The PostgreSQL database.

Every variable is described in config/env.py.
"""


def test_each_variable_of_a_refused_environment_is_a_finding() -> None:
    key, database, rest = first_aid.explain(SystemExit(MESSAGE))

    assert (key.name, key.findings[0].wrong, key.findings[0].lesson) == (
        "SECRET_KEY",
        "SECRET_KEY is missing.",
        "env-required-settings",
    )
    assert key.findings[0].mend.endswith("SECRET_KEY=random")
    assert (database.findings[0].mend, database.findings[0].lesson) == (
        "Write @ as %40.",
        "pg-url-encoding",
    )
    assert rest.severity is Severity.SKIPPED


@pytest.mark.parametrize(
    ("failure", "lesson", "mend"),
    [
        (ModuleNotFoundError("No module named 'redis'", name="redis"), "dependency-lock", "uv add redis"),
        (ModuleNotFoundError("No module named 'apps.x'", name="apps.x"), "env-required-settings", "Correct"),
        (ImportError("Error loading psycopg2 or psycopg module"), "db-driver", "Correct"),
        (AttributeError("celery has no attribute"), "celery-broker-config", "Correct"),
    ],
)
def test_settings_that_crash_are_explained(failure: Exception, lesson: str, mend: str) -> None:
    finding = first_aid.explain(failure)[0].findings[0]

    assert (finding.severity, finding.lesson) == (Severity.ERROR, lesson)
    assert mend in finding.mend


def test_settings_that_load_are_no_reason_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.test")

    first_aid.stop_unless_settings_load(["--settings", "config.settings.test"], lambda: None)


def test_settings_that_do_not_load_end_the_command_with_a_report(capsys: pytest.CaptureFixture[str]) -> None:
    def refuse() -> None:
        raise SystemExit(MESSAGE)

    with pytest.raises(SystemExit) as ended:
        first_aid.stop_unless_settings_load(["--json"], refuse)

    assert ended.value.code == 1
    names = [finding["name"] for finding in json.loads(capsys.readouterr().out)["findings"]]
    assert names == ["SECRET_KEY", "DATABASE_URL", "everything else"]


def test_development_without_services_gets_stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.local")
    for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setattr("apps.core.doctor.first_aid.django.setup", lambda: None)

    first_aid.load_settings(lambda: None, None)

    assert os.environ["DATABASE_URL"] == f"{first_aid.DATABASE_SCHEME}://not-running.invalid/none"
    assert os.environ["CELERY_BROKER_URL"] == "redis://not-running.invalid/0"


def test_a_queue_that_follows_from_redis_gets_no_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.local")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/1")
    monkeypatch.setenv("CELERY_BROKER_URL", "")
    monkeypatch.setattr("apps.core.doctor.first_aid.django.setup", lambda: None)

    first_aid.load_settings(lambda: None, None)

    assert os.environ["CELERY_BROKER_URL"] == ""
