"""core.E015: static files that are served late or not at all."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from apps.core.checks.report import problem

SECURITY_MIDDLEWARE = "django.middleware.security.SecurityMiddleware"
WHITENOISE_MIDDLEWARE = "whitenoise.middleware.WhiteNoiseMiddleware"


@register
def check_static_files_are_served(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    pairs = zip(settings.MIDDLEWARE, settings.MIDDLEWARE[1:], strict=False)
    if (SECURITY_MIDDLEWARE, WHITENOISE_MIDDLEWARE) in pairs:
        return []
    return [
        problem(
            "core.E015",
            "WhiteNoise does not stand directly after SecurityMiddleware.",
            mend=f'Put "{WHITENOISE_MIDDLEWARE}" there in config/settings/components/middleware.py.',
            lesson="static-not-served",
        )
    ]
