"""Every version of the API, collected from the apps.

An app takes part in ``/api/v1/`` by having a module ``api/v1/urls.py``; nothing is registered here.
"""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from rest_framework.settings import api_settings


def app_urls(version: str) -> list[URLPattern | URLResolver]:
    """Return the url patterns that the project's apps declare for ``version``."""
    apps_with_api = [app for app in settings.LOCAL_APPS if find_spec(f"{app}.api")]
    return [
        pattern
        for app in apps_with_api
        if find_spec(f"{app}.api.{version}")
        for pattern in import_module(f"{app}.api.{version}.urls").urlpatterns
    ]


urlpatterns = [
    # The namespace is the version that DRF and the OpenAPI document see.
    path(f"{version}/", include((app_urls(version), version)))
    for version in api_settings.ALLOWED_VERSIONS or []
]
