"""core.E016: another database engine than the one the project is tested on."""

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
            lesson="db-engine-parity",
        )
        for alias, database in settings.DATABASES.items()
        if database["ENGINE"] != ENGINE
    ]
