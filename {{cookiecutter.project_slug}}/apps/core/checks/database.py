"""core.E016 and E019: another engine than the project is tested on, and connections kept for too long."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from apps.core.checks.report import problem

# As config/database.py names them.
ENGINES = {
    "django.db.backends.postgresql": ("PostgreSQL", "a postgres:// address"),
    "apps.core.database.mysql": ("MySQL", "a mysql:// address"),
}


@register
def check_databases_are_of_the_tested_engine(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    name, address = ENGINES[settings.TESTED_ENGINE]
    return [
        problem(
            "core.E016",
            f"DATABASES[{alias!r}] uses {database['ENGINE']}, not {name}.",
            mend=f"Set DATABASE_URL to {address}, in every environment.",
            # Without the variable, somebody gave it a default; with it, somebody chose the engine.
            lesson="db-engine-parity" if os.environ.get("DATABASE_URL") else "env-database-url-fallback",
        )
        for alias, database in settings.DATABASES.items()
        if database["ENGINE"] != settings.TESTED_ENGINE
    ]


@register
def check_kept_connections_are_tested(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    return [
        problem(
            "core.E019",
            f"DATABASES[{alias!r}] hands out kept connections without looking whether they still work.",
            mend="Set its CONN_HEALTH_CHECKS = True in config/database.py.",
            lesson="pg-stale-connections",
        )
        for alias, database in settings.DATABASES.items()
        if keeps_connections(database) and not database.get("CONN_HEALTH_CHECKS")
    ]


def keeps_connections(database: Mapping[str, Any]) -> bool:
    """Whether connections outlive a request: in a pool, or in their thread."""
    return bool(database.get("OPTIONS", {}).get("pool")) or database.get("CONN_MAX_AGE", 0) != 0
