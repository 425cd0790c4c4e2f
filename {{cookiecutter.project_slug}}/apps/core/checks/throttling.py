"""core.E007 to E009: throttles that look switched on and never count."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from rest_framework.settings import api_settings
from rest_framework.throttling import ScopedRateThrottle, SimpleRateThrottle

from apps.core.checks.report import problem

PER_PROCESS_CACHES = (
    "django.core.cache.backends.locmem.LocMemCache",
    "django.core.cache.backends.dummy.DummyCache",
)
LESSON = "throttle-effective"


@register(Tags.security)
def check_throttles_have_rates(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    rates = api_settings.DEFAULT_THROTTLE_RATES
    throttles: Sequence[Any] = api_settings.DEFAULT_THROTTLE_CLASSES
    unlimited = [
        throttle
        for throttle in throttles
        if issubclass(throttle, SimpleRateThrottle)
        # A scoped throttle takes its scope from the view, and fails loudly without a rate.
        and not issubclass(throttle, ScopedRateThrottle)
        and getattr(throttle, "rate", None) is None
        and not rates.get(throttle.scope)
    ]
    return [
        problem(
            "core.E007",
            f"{throttle.__name__} has no rate, so it lets everything through.",
            mend=f"Give DEFAULT_THROTTLE_RATES[{throttle.scope!r}] a rate, such as '60/min'.",
            lesson=LESSON,
        )
        for throttle in unlimited
    ]


@register(Tags.security)
def check_throttles_do_not_trust_the_client(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    if not api_settings.DEFAULT_THROTTLE_CLASSES or api_settings.NUM_PROXIES is not None:
        return []
    return [
        problem(
            "core.E008",
            "Throttling believes any X-Forwarded-For, so a client that changes it is never counted.",
            mend="Set REST_FRAMEWORK['NUM_PROXIES'] to the number of your proxies, 0 for none.",
            lesson=LESSON,
        )
    ]


@register(Tags.security)
def check_throttles_count_in_one_place(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    backend = settings.CACHES["default"]["BACKEND"]
    if settings.DEBUG or backend not in PER_PROCESS_CACHES:
        return []
    return [
        problem(
            "core.E009",
            f"The default cache, {backend}, is not shared: each process counts for itself.",
            mend="Use django.core.cache.backends.redis.RedisCache.",
            lesson=LESSON,
        )
    ]
