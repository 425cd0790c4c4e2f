"""core.E063: a door that knows nothing of unverified accounts."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.utils.module_loading import import_string

from apps.core.checks.report import problem
from apps.users.backends import VerifiedAccountBackend


@register(Tags.security)
def check_every_backend_asks_whether_the_account_may_sign_in(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    strangers = [
        path
        for path in settings.AUTHENTICATION_BACKENDS
        if not issubclass(import_string(path), VerifiedAccountBackend)
    ]
    return [
        problem(
            "core.E063",
            f"{path} lets accounts in whose address nobody verified.",
            mend="Derive it from apps.users.backends.VerifiedAccountBackend.",
            lesson="auth-default-deny",
        )
        for path in strangers
    ]
