"""core.E002 to E004: origins, credentials and the place of the CORS middleware."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from corsheaders.conf import conf
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, register

from apps.core.checks.report import problem

CORS_MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"
# Middleware that may answer a request by itself: an answer from above CORS has no CORS headers.
ANSWERING_MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
)
STRANGER = "https://evil.example"


@register
def check_credentials_have_named_origins(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    if not conf.CORS_ALLOW_CREDENTIALS:
        return []
    too_wide = conf.CORS_ALLOW_ALL_ORIGINS or any(
        re.match(pattern, STRANGER) for pattern in conf.CORS_ALLOWED_ORIGIN_REGEXES
    )
    if not too_wide:
        return []
    return [
        problem(
            "core.E002",
            "CORS_ALLOW_CREDENTIALS together with every origin: any website can read your users' data.",
            mend="Name the front ends in CORS_ALLOWED_ORIGINS and remove CORS_ALLOW_ALL_ORIGINS.",
            lesson="cors-credentials-wildcard",
        )
    ]


@register
def check_cors_middleware_comes_first(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    middleware = list(settings.MIDDLEWARE)
    if CORS_MIDDLEWARE not in middleware:
        return []
    position = middleware.index(CORS_MIDDLEWARE)
    above = [name for name in ANSWERING_MIDDLEWARE if name in middleware[:position]]
    return [
        problem(
            "core.E003",
            f"CorsMiddleware stands below {name}, whose answers then lack the CORS headers.",
            mend=f"Move {CORS_MIDDLEWARE} above it in config/settings/components/middleware.py.",
            lesson="cors-policy",
        )
        for name in above
    ]


@register
def check_origins_are_origins(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    named = {
        "CORS_ALLOWED_ORIGINS": (conf.CORS_ALLOWED_ORIGINS, "cors-policy"),
        "CSRF_TRUSTED_ORIGINS": (settings.CSRF_TRUSTED_ORIGINS, "csrf-behind-proxy"),
    }
    return [
        problem(
            "core.E004",
            f"{name} holds {str(origin)!r}, which is not an origin: scheme://host[:port].",
            mend=f"Write {suggest_origin(str(origin))!r}.",
            lesson=lesson,
        )
        for name, (origins, lesson) in named.items()
        for origin in origins
        if not is_origin(str(origin))
    ]


def is_origin(value: str) -> bool:
    """Whether ``value`` is an origin as browsers send it (RFC 6454), or one with a wildcard host."""
    parts = urlsplit(value)
    complete = parts.scheme in ("http", "https") and bool(parts.netloc)
    return value in ("null", "file://") or (complete and value == f"{parts.scheme}://{parts.netloc}")


def suggest_origin(value: str) -> str:
    """Return the origin that was probably meant by ``value``."""
    parts = urlsplit(value if "://" in value else f"https://{value}")
    return f"{parts.scheme}://{parts.netloc}"
