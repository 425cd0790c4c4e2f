"""core.E016 and E019: another engine than the project is tested on, and connections kept for too long."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from apps.core.checks.report import problem

ENGINE = "django.db.backends.postgresql"


@register
def check_databases_are_postgresql(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    return [
        problem(
            "core.E016",
            f"DATABASES[{alias!r}] uses {database['ENGINE']}, not PostgreSQL.",
            mend="Set DATABASE_URL to a postgres:// address, in every environment.",
            # Without the variable, somebody gave it a default; with it, somebody chose the engine.
            lesson="db-engine-parity" if os.environ.get("DATABASE_URL") else "env-database-url-fallback",
        )
        for alias, database in settings.DATABASES.items()
        if database["ENGINE"] != ENGINE
    ]


@register
def check_pooled_connections_are_tested(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    return [
        problem(
            "core.E019",
            f"DATABASES[{alias!r}] hands out pooled connections without looking whether they still work.",
            mend="Set its CONN_HEALTH_CHECKS = True in config/settings/components/database.py.",
            lesson="pg-stale-connections",
        )
        for alias, database in settings.DATABASES.items()
        if database.get("OPTIONS", {}).get("pool") and not database.get("CONN_HEALTH_CHECKS")
    ]
