"""Django REST framework and the OpenAPI document."""

from typing import Any

from config import project
from config.env import env

REST_FRAMEWORK: dict[str, Any] = {
    # Tokens first: the first class decides that "who are you?" is answered 401, not 403.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # @if cookiecutter.api_auth == "JWT"
        "apps.jwt_auth.authentication.JWTAuthentication",
        # @endif
        # @if cookiecutter.api_auth == "Token"
        "apps.token_auth.authentication.TokenAuthentication",
        # @endif
        # @if cookiecutter.api_auth == "OAuth2"
        "apps.oauth2_auth.authentication.OAuth2Authentication",
        # @endif
        "rest_framework.authentication.SessionAuthentication",
    ],
    # Closed unless a view opens itself.
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.NamespaceVersioning",
    "ALLOWED_VERSIONS": [
        "v1",
        # @if cookiecutter.example == "yes"
        "v2",
        # @endif
    ],
    # A list without it grows with its table, until a request takes a minute.
    "DEFAULT_PAGINATION_CLASS": "apps.core.api.pagination.NumberedPages",
    "DEFAULT_FILTER_BACKENDS": [
        "apps.core.api.filters.DeclaredFilters",
        "apps.core.api.filters.DeclaredSearch",
        "apps.core.api.filters.DeclaredOrdering",
    ],
    "DEFAULT_THROTTLE_CLASSES": [
        "apps.core.api.throttling.AnonThrottle",
        "apps.core.api.throttling.UserThrottle",
        "apps.core.api.throttling.ScopedThrottle",
    ],
    # A class without its rate would let everything through.
    "DEFAULT_THROTTLE_RATES": {
        "anon": "60/min",
        "user": "600/min",
        # Scopes, which views name: guesses are few, mails cost.
        "account_link": "30/min",
        "password_reset": "5/hour",
        "refresh": "60/min",
        # @if cookiecutter.example == "yes"
        "reports": "20/hour",
        # @endif
        "sign_in": "10/min",
        "sign_up": "10/hour",
        "verify_email": "10/hour",
        "writes": "60/min",
    },
    # None would believe the client's own X-Forwarded-For, and so count nobody.
    "NUM_PROXIES": env.NUM_PROXIES,
    # One form for every error: RFC 9457.
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.ProblemSchema",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "apps.core.api.problems.ProblemHandler",
    "EXCEPTION_FORMATTER_CLASS": "apps.core.api.problems.ProblemFormatter",
    # With DEBUG, too: a front end on the next desk reads JSON, and the traceback is in the log.
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}

SPECTACULAR_SETTINGS = {
    "TITLE": project.NAME,
    "DESCRIPTION": project.DESCRIPTION,
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    # What the documents say is public; what the endpoints do is not.
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+",
    # Wherever the document comes from.
    "SERVERS": [{"url": "/"}],
    "EXTERNAL_DOCS": {"description": "What each problem means", "url": "/api/problems/"},
    "SWAGGER_UI_OAUTH2_CONFIG": {"usePkceWithAuthorizationCodeGrant": True},
    "COMPONENT_SPLIT_REQUEST": True,
    # From our own static files: no content delivery network, and the CSP stays whole.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
