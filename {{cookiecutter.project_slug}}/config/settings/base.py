"""What every environment has in common: a table of contents of ``components/``.

The components suit production. ``local.py`` and ``test.py`` relax them, ``production.py`` adds what
only a server needs; each holds nothing but its differences.
"""

import django_stubs_ext

from config.settings.components.apps import *
from config.settings.components.auth import *
from config.settings.components.cache import *
from config.settings.components.celery import *
from config.settings.components.cors import *
from config.settings.components.database import *
from config.settings.components.email import *
# @if cookiecutter.api_auth == "JWT"
from config.settings.components.jwt import *
# @endif
from config.settings.components.locale import *
from config.settings.components.logging import *
from config.settings.components.metrics import *
from config.settings.components.middleware import *
# @if cookiecutter.api_auth == "OAuth2"
from config.settings.components.oauth2 import *
# @endif
from config.settings.components.rest import *
from config.settings.components.security import *
from config.settings.components.static import *
# @if cookiecutter.api_auth == "Token"
from config.settings.components.token import *
# @endif
# @if cookiecutter.example == "yes"
from config.settings.components.traffic import *
# @endif
from config.settings.components.templates import *

# Lets Django's classes take type arguments at run time too, such as ModelAdmin[User].
django_stubs_ext.monkeypatch()

# Settings of your own: name them here, so that the check core.E001 can tell them from a typing error.
OWN_SETTINGS = [
    "FRONTEND_URL",
    # @if cookiecutter.api_auth == "JWT"
    "JWT_SIGNING_KEY_FALLBACKS",
    # @endif
    "METRICS_TOKEN",
    "OWN_SETTINGS",
    "PROJECT_DIR",
    "QUEUE_PATIENCE_SECONDS",
    "SERVES_USERS",
    "SITE_URL",
    "TESTED_ENGINE",
    # @if cookiecutter.example == "yes"
    "TRAFFIC_HOURS_KEPT",
    "TRAFFIC_KEY_PREFIX",
    "TRAFFIC_PATIENCE_SECONDS",
    "TRAFFIC_REDIS_URL",
    "TRAFFIC_REQUESTS_PER_HOUR",
    "TRAFFIC_RETENTION_DAYS",
    "TRAFFIC_SENSITIVE_PATHS",
    # @endif
    "WORKER_GRACE_SECONDS",
]
