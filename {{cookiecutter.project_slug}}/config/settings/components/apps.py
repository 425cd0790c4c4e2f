"""The installed apps."""

DJANGO_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    # Before staticfiles: runserver, too, leaves static files to WhiteNoise, as production does.
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

THIRD_PARTY_APPS = [
    "corsheaders",
    "csp",
    "django_celery_beat",
    "django_filters",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    # @if cookiecutter.api_auth == "Token"
    "knox",
    # @endif
    # @if cookiecutter.api_auth == "OAuth2"
    "oauth2_provider",
    # @endif
    "rest_framework",
]

# `just newapp NAME` adds its line here.
LOCAL_APPS = [
    "apps.core",
    "apps.background",
    "apps.users",
    # @if cookiecutter.api_auth == "JWT"
    "apps.jwt_auth",
    # @endif
    # @if cookiecutter.api_auth == "Token"
    "apps.token_auth",
    # @endif
    # @if cookiecutter.api_auth == "OAuth2"
    "apps.oauth2_auth",
    # @endif
    # @if cookiecutter.example == "yes"
    "apps.bookings",
    "apps.traffic",
    # @endif
]

INSTALLED_APPS = [*DJANGO_APPS, *THIRD_PARTY_APPS, *LOCAL_APPS]
