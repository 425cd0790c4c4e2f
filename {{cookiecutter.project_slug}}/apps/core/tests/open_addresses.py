"""What anybody may reach of this app: what explains the API. ``tests/test_authentication.py`` reads it."""

from rest_framework.settings import api_settings

OPEN_TO_ANYBODY = {"docs", "docs-oauth2-redirect", "problems"} | {
    f"{page}-{version}"
    for page in ("docs", "redoc", "schema")
    for version in api_settings.ALLOWED_VERSIONS or []
}
