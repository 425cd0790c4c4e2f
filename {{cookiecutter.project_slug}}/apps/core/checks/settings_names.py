"""core.E001: settings that nothing reads. Django ignores unknown names without a word."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from celery.app.defaults import DEFAULTS as CELERY_DEFAULTS
from corsheaders.conf import Settings as CorsSettings
from django.apps import AppConfig
from django.conf import global_settings, settings
from django.core.checks import CheckMessage, register
from django_structlog.app_settings import AppSettings as StructlogSettings

from apps.core.checks.report import problem

REMOVED = {
    "STATICFILES_STORAGE": 'Use STORAGES["staticfiles"]: the old name was removed in Django 5.1.',
    "DEFAULT_FILE_STORAGE": 'Use STORAGES["default"]: the old name was removed in Django 5.1.',
    "USE_L10N": "Delete it: formats are always localised since Django 5.0.",
    "USE_DEPRECATED_PYTZ": "Delete it: time zones come from zoneinfo since Django 5.0.",
    "CSRF_COOKIE_MASKED": "Delete it: it was removed in Django 5.0.",
    "PASSWORD_RESET_TIMEOUT_DAYS": "Use PASSWORD_RESET_TIMEOUT, in seconds.",
    "CORS_ORIGIN_WHITELIST": "Use CORS_ALLOWED_ORIGINS.",
    "CORS_ORIGIN_ALLOW_ALL": "Use CORS_ALLOW_ALL_ORIGINS.",
    "CORS_ORIGIN_REGEX_WHITELIST": "Use CORS_ALLOWED_ORIGIN_REGEXES.",
}

LIBRARY_SETTINGS = frozenset(
    {
        "CONTENT_SECURITY_POLICY",
        "CONTENT_SECURITY_POLICY_REPORT_ONLY",
        "DJANGO_CELERY_BEAT_TZ_AWARE",
        "DRF_STANDARDIZED_ERRORS",
        # Django reads this one, and ROOT_URLCONF, without having a default for it.
        "EMAIL_FILE_PATH",
        "OAUTH2_PROVIDER",
        "REST_FRAMEWORK",
        "REST_KNOX",
        "ROOT_URLCONF",
        "SIMPLE_JWT",
        "SPECTACULAR_SETTINGS",
    }
)

# https://whitenoise.readthedocs.io/en/stable/django.html#available-settings
WHITENOISE_OPTIONS = (
    "ADD_HEADERS_FUNCTION",
    "ALLOW_ALL_ORIGINS",
    "AUTOREFRESH",
    "CHARSET",
    "IMMUTABLE_FILE_TEST",
    "INDEX_FILE",
    "KEEP_ONLY_HASHED_FILES",
    "MANIFEST_STRICT",
    "MAX_AGE",
    "MIMETYPES",
    "ROOT",
    "SKIP_COMPRESS_EXTENSIONS",
    "STATIC_PREFIX",
    "USE_FINDERS",
)


def known_settings() -> set[str]:
    """Collect every settings name that Django, a library of ours or the project itself reads."""
    own: Sequence[str] = getattr(settings, "OWN_SETTINGS", [])
    return {
        *_upper(dir(global_settings)),
        *_upper(dir(CorsSettings)),
        *LIBRARY_SETTINGS,
        *(f"CELERY_{name}".upper() for name in CELERY_DEFAULTS),
        *(f"DJANGO_STRUCTLOG_{name}" for name in _upper(dir(StructlogSettings))),
        *(f"WHITENOISE_{name}" for name in WHITENOISE_OPTIONS),
        *own,
        # Set by Django itself.
        "SETTINGS_MODULE",
    }


@register
def check_settings_are_known(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    known = known_settings()
    configured: Any = settings
    unknown = [
        name
        for name in sorted(_upper(dir(settings)))
        if configured.is_overridden(name) and name not in known and not name.endswith("_APPS")
    ]
    return [
        problem(
            "core.E001",
            f"The setting {name} has no effect: nothing reads that name.",
            mend=_mend(name, known),
            lesson="static-manifest" if name in REMOVED else "deploy-check-gate",
        )
        for name in unknown
    ]


def _mend(name: str, known: Iterable[str]) -> str:
    if name in REMOVED:
        return REMOVED[name]
    alike = get_close_matches(name, known, n=1)
    suggestion = f"Did you mean {alike[0]}? " if alike else ""
    return f"{suggestion}A setting of your own belongs into OWN_SETTINGS in config/settings/base.py."


def _upper(names: Iterable[str]) -> set[str]:
    return {name for name in names if name.isupper()}
