"""core.E017 and E018: a database that cannot be reached, or whose tables the models do not fit.

Checks of the tag ``database`` run with ``check --database default``, and before ``migrate``.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.db import OperationalError, connections

from apps.core.checks.report import problem
from apps.core.database.connect import ask_database
from apps.core.database.diagnosis import diagnose
from apps.core.database.drift import find_drift


@register(Tags.database)
def check_tables_fit_the_models(
    app_configs: Sequence[AppConfig] | None, *, databases: Iterable[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    return [message for alias in databases or () for message in check_database(alias)]


def check_database(alias: str) -> list[CheckMessage]:
    if connections[alias].settings_dict["ENGINE"] != settings.TESTED_ENGINE:
        return []  # core.E016 says so
    try:
        ask_database(alias)
    except OperationalError as error:
        found = diagnose(error)
        return [problem("core.E018", f"{found.problem} ({found.seen})", mend=found.mend, lesson=found.lesson)]
    return [
        problem(
            "core.E017",
            sentence,
            mend="Bring back the migrations as they were applied, and add a new one for the change.",
            lesson="migration-history-rewrite",
        )
        for sentence in find_drift(alias)
    ]
