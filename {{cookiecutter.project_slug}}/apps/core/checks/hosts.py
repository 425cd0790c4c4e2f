"""core.E005 and E006: who may call us what, and how HTTPS is recognised."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Tags, register

from apps.core.checks.report import problem


@register(Tags.security)
def check_allowed_hosts_are_host_names(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    return [
        problem(
            "core.E005",
            f"ALLOWED_HOSTS holds {host!r}, which is not a host name.",
            mend="List host names only, such as 'example.com': no *, scheme, port or path.",
            lesson="allowed-hosts",
        )
        for host in settings.ALLOWED_HOSTS
        # pytest and Django's test runner add their own names; an IPv6 address stands in brackets.
        if not host.strip() or host == "*" or "/" in host or (":" in host and host[0] != "[")
    ]


@register(Tags.security, deploy=True)
def check_redirect_knows_https_behind_a_proxy(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    behind_proxy = bool(settings.REST_FRAMEWORK.get("NUM_PROXIES"))
    if not behind_proxy or not settings.SECURE_SSL_REDIRECT or settings.SECURE_PROXY_SSL_HEADER:
        return []
    return [
        problem(
            "core.E006",
            "SECURE_SSL_REDIRECT without SECURE_PROXY_SSL_HEADER behind a proxy redirects for ever.",
            mend='Set SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https").',
            lesson="csrf-behind-proxy",
        )
    ]
