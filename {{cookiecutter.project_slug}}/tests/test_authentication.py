"""Closed unless opened: whoever adds a view need not remember to protect it."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from uuid import UUID

import pytest
from django.conf import settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter, UUIDConverter
from rest_framework.test import APIClient


def open_addresses() -> set[str]:
    """What the apps declare as open: the names in ``apps/<app>/tests/open_addresses.py``."""
    modules = [f"{app}.tests.open_addresses" for app in settings.LOCAL_APPS]
    declared = (import_module(module).OPEN_TO_ANYBODY for module in modules if find_spec(module))
    return set().union(*declared)


# Everything an anonymous visitor may reach, besides the admin's and the session's own logins.
OPEN_TO_ANYBODY = {"favicon", "home", *open_addresses()}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# What stands for a parameter of an address; anything else takes text.
SAMPLES: dict[type, object] = {IntConverter: 1, UUIDConverter: UUID(int=1)}


def addresses(
    patterns: list[URLPattern | URLResolver], namespace: str = "", parameters: dict[str, object] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield the name, with its namespace, and an address for each named route."""
    for pattern in patterns:
        known = {**(parameters or {}), **sample_parameters(pattern)}
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from addresses(pattern.url_patterns, inner, known)
        elif pattern.name:
            name = namespace + pattern.name
            yield name, reverse(name, kwargs=known)


def sample_parameters(pattern: URLPattern | URLResolver) -> dict[str, object]:
    """Something that fits each parameter of the pattern."""
    converters = pattern.pattern.converters
    return {name: SAMPLES.get(type(converters.get(name)), "1") for name in pattern.pattern.regex.groupindex}


def named_addresses() -> dict[str, str]:
    """Every address but the admin's and the session's logins, which have rules of their own."""
    patterns = [pattern for pattern in get_resolver().url_patterns if not is_login(pattern)]
    return dict(addresses(patterns))


def is_login(pattern: URLPattern | URLResolver) -> bool:
    return isinstance(pattern, URLResolver) and pattern.namespace in ("admin", "rest_framework")


@pytest.mark.django_db
@pytest.mark.lesson("auth-default-deny")
@pytest.mark.parametrize("method", METHODS)
def test_every_address_not_listed_as_open_asks_who_you_are(method: str) -> None:
    visitor = APIClient(raise_request_exception=False)
    closed = [address for name, address in named_addresses().items() if name not in OPEN_TO_ANYBODY]

    assert "/api/v1/users/me/" in closed
    statuses = {address: visitor.generic(method, address).status_code for address in closed}
    assert set(statuses.values()) == {401}, statuses


def test_every_address_listed_as_open_exists() -> None:
    assert OPEN_TO_ANYBODY - set(named_addresses()) == set()
