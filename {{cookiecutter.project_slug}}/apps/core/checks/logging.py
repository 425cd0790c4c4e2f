"""core.E014: errors in production that nobody hears of."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from apps.core.checks.report import problem


@register
def check_errors_are_logged(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    if settings.DEBUG or settings.LOGGING.get("root", {}).get("handlers"):
        return []
    return [
        problem(
            "core.E014",
            "LOGGING gives the root logger no handler: with DEBUG off, errors are printed nowhere.",
            mend='Set LOGGING as in config/settings/components/logging.py, with a "root" handler.',
            lesson="logging-in-production",
        )
    ]
