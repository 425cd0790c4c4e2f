"""Hosts, CORS and CSRF: three lists that have to fit each other."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from corsheaders.conf import conf
from django.conf import settings

from apps.core.doctor.findings import Finding, error, error_for_users, in_development, listed, ok, warning

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def examine_hosts() -> list[Finding]:
    hosts = list(settings.ALLOWED_HOSTS)
    if not hosts and not settings.DEBUG:
        return error(
            "ALLOWED_HOSTS is empty",
            wrong="Every request is answered Bad Request (400).",
            mend="Set ALLOWED_HOSTS to the host names of this site, comma-separated.",
            lesson="allowed-hosts",
        )
    if not in_development() and all(is_own_machine(host) for host in hosts):
        return warning(
            f"ALLOWED_HOSTS is {', '.join(hosts)}",
            wrong="Only this machine itself can reach the site; everybody else gets Bad Request (400).",
            mend="Add the host name that visitors type to ALLOWED_HOSTS.",
            lesson="allowed-hosts",
        )
    return ok(f"answers to {listed(hosts) or 'localhost'}")


def examine_cors() -> list[Finding]:
    origins = [str(origin) for origin in conf.CORS_ALLOWED_ORIGINS]
    if conf.CORS_ALLOW_ALL_ORIGINS:
        return warning(
            "CORS_ALLOW_ALL_ORIGINS is on",
            wrong="Every website may call the API from its visitors' browsers.",
            mend="Name the front ends in CORS_ALLOWED_ORIGINS, and remove CORS_ALLOW_ALL_ORIGINS.",
            lesson="cors-policy",
        )
    return left_from_development(origins) or ok(
        f"open to {listed(origins)}" if origins else "no front end on another origin"
    )


def left_from_development(origins: Iterable[str]) -> list[Finding]:
    careless = [] if in_development() else [origin for origin in origins if is_insecure(origin)]
    if not careless:
        return []
    return warning(
        f"CORS_ALLOWED_ORIGINS holds {listed(careless)}",
        wrong="Pages served in the clear, or by a visitor's own machine, may call the API.",
        mend="Leave only the https:// origins of your front ends in CORS_ALLOWED_ORIGINS.",
        lesson="cors-policy",
    )


def examine_csrf() -> list[Finding]:
    trusted = [str(origin) for origin in settings.CSRF_TRUSTED_ORIGINS]
    behind_proxy = bool(settings.REST_FRAMEWORK.get("NUM_PROXIES"))
    if behind_proxy and not settings.SECURE_PROXY_SSL_HEADER:
        return https_not_recognised(trusted)
    return front_ends_that_cannot_post(trusted) + cookies_that_do_not_arrive(trusted) or ok(
        f"own pages and {listed(trusted)}" if trusted else "own pages only"
    )


def https_not_recognised(trusted: list[str]) -> list[Finding]:
    missing = [host for host in settings.ALLOWED_HOSTS if f"https://{host}" not in trusted]
    if not missing:
        return ok(f"behind a proxy, trusting {listed(trusted)}")
    return error_for_users(
        "NUM_PROXIES is set, but SECURE_PROXY_SSL_HEADER is not",
        wrong='HTTPS is not recognised behind the proxy: forms fail with "Origin checking failed".',
        mend='Set SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https").',
        lesson="csrf-behind-proxy",
    )


def front_ends_that_cannot_post(trusted: list[str]) -> list[Finding]:
    """Front ends that send the session cookie, and whose posts are refused all the same."""
    if not conf.CORS_ALLOW_CREDENTIALS:
        return []
    refused = [str(origin) for origin in conf.CORS_ALLOWED_ORIGINS if str(origin) not in trusted]
    if not refused:
        return []
    return error_for_users(
        f"in CORS_ALLOWED_ORIGINS with credentials, not in CSRF_TRUSTED_ORIGINS: {listed(refused)}",
        wrong="These front ends may read with a session cookie, but their posts are refused (403).",
        mend="Add them to CSRF_TRUSTED_ORIGINS too, or sign in with tokens and drop CORS_ALLOW_CREDENTIALS.",
        lesson="csrf-behind-proxy",
    )


def cookies_that_do_not_arrive(trusted: list[str]) -> list[Finding]:
    insecure = [origin for origin in trusted if urlsplit(origin).scheme == "http"]
    if not insecure or not settings.CSRF_COOKIE_SECURE:
        return []
    return error_for_users(
        f"CSRF_TRUSTED_ORIGINS holds {listed(insecure)}; CSRF_COOKIE_SECURE is on",
        wrong="Browsers keep secure cookies from pages without HTTPS, so their posts are refused (403).",
        mend="Serve these pages over HTTPS, and write https:// in CSRF_TRUSTED_ORIGINS.",
        lesson="csrf-behind-proxy",
    )


def is_own_machine(host: str) -> bool:
    return host.strip("[]") in LOOPBACK


def is_insecure(origin: str) -> bool:
    parts = urlsplit(origin)
    return parts.scheme == "http" or is_own_machine(parts.hostname or "")
