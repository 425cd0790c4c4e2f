"""core.E060 to E062: tokens that outlive what they stand for."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from rest_framework_simplejwt import settings as simplejwt

from apps.core.checks.report import problem

LONGEST_ACCESS = timedelta(minutes=15)
LONGEST_REFRESH = timedelta(days=90)
LESSON = "jwt-lifecycle"


@register(Tags.security)
def check_access_tokens_are_short_lived(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    lifetime = simplejwt.api_settings.ACCESS_TOKEN_LIFETIME
    if lifetime <= LONGEST_ACCESS:
        return []
    return [
        problem(
            "core.E060",
            f"Access tokens live for {lifetime}, in every log that caught one.",
            mend="Set SIMPLE_JWT['ACCESS_TOKEN_LIFETIME'] to minutes; clients refresh them.",
            lesson=LESSON,
        )
    ]


@register(Tags.security)
def check_refresh_tokens_expire(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    lifetime = simplejwt.api_settings.REFRESH_TOKEN_LIFETIME
    if lifetime <= LONGEST_REFRESH:
        return []
    return [
        problem(
            "core.E061",
            f"Somebody who was away for {lifetime} is still signed in.",
            mend="Set SIMPLE_JWT['REFRESH_TOKEN_LIFETIME'] to days; each refresh renews it.",
            lesson=LESSON,
        )
    ]


@register(Tags.security)
def check_tokens_have_a_key_of_their_own(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    if simplejwt.api_settings.SIGNING_KEY not in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        return []
    return [
        problem(
            "core.E062",
            "SECRET_KEY also signs the tokens: changing it would sign everybody out.",
            mend="Give JWT_SIGNING_KEY a value of its own, and SIMPLE_JWT['SIGNING_KEY'] that variable.",
            lesson=LESSON,
        )
    ]
