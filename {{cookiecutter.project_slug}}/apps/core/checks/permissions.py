"""core.E013: an API that is open unless somebody remembers to close it."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Tags, register
from rest_framework.permissions import AllowAny
from rest_framework.settings import api_settings

from apps.core.checks.report import problem


@register(Tags.security)
def check_api_is_closed_by_default(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    permissions: Sequence[Any] = api_settings.DEFAULT_PERMISSION_CLASSES
    if any(permission is not AllowAny for permission in permissions):
        return []
    return [
        problem(
            "core.E013",
            "Every view of the API is open to anonymous visitors by default.",
            mend="Set DEFAULT_PERMISSION_CLASSES to IsAuthenticated; open single views with AllowAny.",
            lesson="auth-default-deny",
        )
    ]
