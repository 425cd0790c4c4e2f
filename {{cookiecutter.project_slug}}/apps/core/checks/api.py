"""core.E050 to E054: mistakes in the API that no request complains about until a client does."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, register
from django.urls import NoReverseMatch, get_resolver, reverse
from drf_standardized_errors.handler import exception_handler
from drf_standardized_errors.settings import package_settings
from rest_framework.authentication import BaseAuthentication
from rest_framework.settings import api_settings

from apps.core.api import error_pages
from apps.core.api.deprecation import Deprecated
from apps.core.api.problems import ProblemFormatter, ProblemHandler
from apps.core.checks.report import problem


@register
def check_errors_have_one_form(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    if (
        api_settings.EXCEPTION_HANDLER is exception_handler
        and issubclass(package_settings.EXCEPTION_HANDLER_CLASS, ProblemHandler)
        and issubclass(package_settings.EXCEPTION_FORMATTER_CLASS, ProblemFormatter)
    ):
        return []
    return [
        problem(
            "core.E050",
            "The API answers its errors in several forms: they do not pass ProblemHandler.",
            mend='Set REST_FRAMEWORK["EXCEPTION_HANDLER"] to '
            '"drf_standardized_errors.handler.exception_handler", and the two classes of '
            "DRF_STANDARDIZED_ERRORS as in config/settings/components/rest.py.",
            lesson="validation-and-error-contract",
        )
    ]


@register
def check_first_authentication_has_a_challenge(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    classes: Sequence[Any] = api_settings.DEFAULT_AUTHENTICATION_CLASSES
    if not classes or classes[0].authenticate_header is not BaseAuthentication.authenticate_header:
        return []
    return [
        problem(
            "core.E051",
            f"{classes[0].__name__} comes first, so strangers are answered 403 without WWW-Authenticate.",
            mend="Put the class that reads the Authorization header first in DEFAULT_AUTHENTICATION_CLASSES.",
            lesson="auth-header-scheme",
        )
    ]


@register
def check_versions_are_served(app_configs: Sequence[AppConfig] | None, **_kwargs: Any) -> list[CheckMessage]:
    served = set(api_settings.ALLOWED_VERSIONS or [])
    return [
        problem(
            "core.E052",
            f"{config.name}.api.{version} is served nowhere: {version} is no allowed version.",
            mend=f'Add "{version}" to ALLOWED_VERSIONS in config/settings/components/rest.py.',
            lesson="api-versioning",
        )
        for config in apps.get_app_configs()
        for version in versions_of(config)
        if version not in served
    ]


def versions_of(config: AppConfig) -> list[str]:
    """The versions for which one of the project's apps has addresses."""
    if not config.name.startswith("apps."):
        return []
    return sorted(file.parent.name for file in Path(config.path).glob("api/v*/urls.py"))


@register
def check_deprecations_say_something_true(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    # Loads the views.
    _ = get_resolver().url_patterns
    views = [view for view in views_below(Deprecated) if view.__module__.startswith("apps.")]
    return [finding for view in views for finding in check_deprecation(view)]


def views_below(base: type[Deprecated]) -> Iterator[type[Deprecated]]:
    for view in base.__subclasses__():
        yield view
        yield from views_below(view)


def check_deprecation(view: type[Deprecated]) -> Iterator[CheckMessage]:
    """Look at what a view says about its end. The three attributes themselves may come from a subclass."""
    since, sunset = getattr(view, "deprecated_since", None), getattr(view, "sunset", None)
    if since and sunset and sunset <= since:
        yield problem(
            "core.E053",
            f"{view.__name__} ends on {sunset}, before it is deprecated on {since}.",
            mend="Give clients time: set sunset to a later day.",
            lesson="api-versioning",
        )
    successor = getattr(view, "successor", None)
    if successor and not is_address(successor):
        yield problem(
            "core.E053",
            f"The successor of {view.__name__}, {successor!r}, is the name of no address.",
            mend='Name one without parameters, with its version, such as "v2:item-list".',
            lesson="api-versioning",
        )


def is_address(name: str) -> bool:
    try:
        reverse(name)
    except NoReverseMatch:
        return False
    return True


@register
def check_error_pages_are_problems(
    app_configs: Sequence[AppConfig] | None, **_kwargs: Any
) -> list[CheckMessage]:
    ours = {
        400: error_pages.bad_request,
        403: error_pages.permission_denied,
        404: error_pages.not_found,
        500: error_pages.server_error,
    }
    resolver = get_resolver()
    return [
        problem(
            "core.E054",
            f"Errors {status} outside of views are pages, also below /api/.",
            mend=f'Set handler{status} = "apps.core.api.error_pages.{view.__name__}" in config/urls.py.',
            lesson="validation-and-error-contract",
        )
        for status, view in ours.items()
        if resolver.resolve_error_handler(status) is not view
    ]
