"""Before anything else: settings that do not load, explained.

Django's own commands cannot do this: they load the settings first.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec

import django

from apps.core.doctor.examination import place_of
from apps.core.doctor.findings import Finding, Result, Severity
from apps.core.doctor.report import exit_status, wants_colour, write_report
from apps.core.doctor.services import STAND_IN_HOST

DEVELOPMENT_SETTINGS = "config.settings.local"
# A project on MySQL brings a backend of its own.
DATABASE_SCHEME = "mysql" if find_spec("apps.core.database.mysql") else "postgres"
STAND_INS = {
    "DATABASE_URL": f"{DATABASE_SCHEME}://{STAND_IN_HOST}/none",
    "REDIS_URL": f"redis://{STAND_IN_HOST}/1",
    "CELERY_BROKER_URL": f"redis://{STAND_IN_HOST}/0",
}
AREA = "Settings"
OUR_PACKAGES = ("apps", "config")
REQUIRED = "env-required-settings"
LESSONS = {
    "ALLOWED_HOSTS": "allowed-hosts",
    "CELERY_BROKER_URL": "celery-broker-config",
    "DATABASE_URL": "env-database-url-fallback",
    "CORS_ALLOWED_ORIGINS": "cors-policy",
    "CSRF_TRUSTED_ORIGINS": "csrf-behind-proxy",
}
# As config/env_report.py writes them: the variable and its problem, then what it means.
VARIABLE = re.compile(
    r"^  (?P<name>[A-Z][A-Z0-9_]*) (?P<problem>.+)\n(?P<meaning>(?: {6}.+\n?)*)", re.MULTILINE
)
# What an error says, and the lesson about it; the first that fits.
CAUSES = (
    (r"psycopg|pymysql|Error loading .* module", "db-driver"),
    (r"celery", "celery-broker-config"),
    (r"No module named '(?!config|apps)", "dependency-lock"),
)


def stop_unless_settings_load(arguments: Sequence[str], import_wiring: Callable[[], object]) -> None:
    """Load the settings; if they do not, report why, and exit with status 1.

    Args:
        arguments: What was typed after ``manage.py doctor``.
        import_wiring: Reads ``.env`` on a development machine and chooses the settings.
    """
    options, _ = parser().parse_known_args(list(arguments))
    try:
        # What the settings print must not get into the JSON.
        with redirect_stdout(sys.stderr):
            load_settings(import_wiring, options.settings)
    except (Exception, SystemExit) as failure:  # noqa: BLE001 - any of them is the patient here
        results = explain(failure)
        settings_module = os.environ.get("DJANGO_SETTINGS_MODULE", "no settings")
        colour = wants_colour(sys.stdout, no_color=options.no_color, force_color=options.force_color)
        write_report(
            results,
            settings_module=settings_module,
            stream=sys.stdout,
            as_json=options.json,
            colour=colour,
        )
        sys.exit(exit_status(results))


def parser() -> argparse.ArgumentParser:
    """Those options of the command that matter before it exists."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--settings")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-color", action="store_true")
    parser.add_argument("--force-color", action="store_true")
    return parser


def load_settings(import_wiring: Callable[[], object], settings_module: str | None) -> None:
    import_wiring()
    if settings_module:
        os.environ["DJANGO_SETTINGS_MODULE"] = settings_module
    if os.environ.get("DJANGO_SETTINGS_MODULE") == DEVELOPMENT_SETTINGS:
        # Nothing runs, so nobody knows the addresses: one finding each, and no reason to look no further.
        # Where Redis has an address, the queue's may follow from it.
        stopped = not os.environ.get("REDIS_URL")
        for name, address in STAND_INS.items():
            if not os.environ.get(name) and (stopped or name != "CELERY_BROKER_URL"):
                os.environ[name] = address
    django.setup()


def explain(failure: BaseException) -> list[Result]:
    """Say what keeps the settings from loading: each variable by itself, where variables do."""
    variables = [result_of(match) for match in VARIABLE.finditer(f"{failure}\n")]
    rest = Finding(Severity.SKIPPED, "not looked at: the settings come first")
    return [
        *(variables or [Result(AREA, "settings", [finding_of(failure)])]),
        Result(AREA, "everything else", [rest]),
    ]


def result_of(match: re.Match[str]) -> Result:
    name, meaning = match["name"], match["meaning"]
    problem, _, advice = match["problem"].partition(". ")
    description, _, example = (" ".join(part.split()) for part in meaning.partition("For example: "))
    settings_module = os.environ.get("DJANGO_SETTINGS_MODULE")
    place = ".env" if settings_module == DEVELOPMENT_SETTINGS else "the environment"
    finding = Finding(
        Severity.ERROR,
        seen=f"the environment for {settings_module}; what it is for: {description}",
        wrong=f"{name} {problem.rstrip('.')}.",
        mend=advice or f"Set it in {place}: {example or name + '=…'}",
        lesson="pg-url-encoding" if "a URL reserves" in problem else LESSONS.get(name, REQUIRED),
    )
    return Result(AREA, name, [finding])


def finding_of(failure: BaseException) -> Finding:
    said = " ".join(f"{type(failure).__name__}: {failure}".split())
    place = place_of(failure)
    return Finding(
        Severity.ERROR,
        seen=f"{place}{said}",
        wrong="The settings do not load, so nothing of the project can start.",
        mend=mend_of(failure, "the line that is named" if place else "DJANGO_SETTINGS_MODULE"),
        lesson=next((lesson for pattern, lesson in CAUSES if re.search(pattern, said)), REQUIRED),
    )


def mend_of(failure: BaseException, place: str) -> str:
    if isinstance(failure, ModuleNotFoundError) and not str(failure.name).startswith(OUR_PACKAGES):
        return (
            f"Install what is locked, with: uv sync . If it is not in pyproject.toml: uv add {failure.name}"
        )
    return f"Correct {place}."
