"""core.E040: a secret key that stands in the code."""

import os
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.core.exceptions import ImproperlyConfigured

from apps.core.checks.report import problem


@register(Tags.security)
def check_secret_key_comes_from_the_environment(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        return []  # an empty key: Django itself refuses to use it
    if key == os.environ.get("SECRET_KEY"):
        return []
    return [
        problem(
            "core.E040",
            "SECRET_KEY is not the environment's: whoever reads the code can sign in as anybody.",
            mend="Set SECRET_KEY = env.SECRET_KEY, and the variable on the server; then change the key.",
            lesson="secrets-in-repo",
        )
    ]
