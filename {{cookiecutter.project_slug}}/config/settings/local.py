"""Your own machine: the differences from base only."""

from apps.core.logging import logging_config
from config.dotenv import PROJECT_DIR
from config.env import env
from config.settings.base import *

DEBUG = env.DEBUG
ALLOWED_HOSTS = [*env.ALLOWED_HOSTS, "localhost", "127.0.0.1", "[::1]"]

# Plain HTTP, without a proxy in front.
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = None
SECURE_HSTS_SECONDS = 0
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
REST_FRAMEWORK |= {"NUM_PROXIES": 0}
# @if cookiecutter.api_auth == "OAuth2"
# Apps on your machine are called back without TLS; only on your machine, says apps/oauth2_auth/validators.py.
OAUTH2_PROVIDER |= {"ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"]}
# @endif
SITE_URL = env.SITE_URL or f"http://localhost:{env.WEB_PORT}"
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = False

# What would be printed is also kept, and shown at /mails/ . With a server in EMAIL_URL e-mail is sent from
# here, too.
INSTALLED_APPS = [*INSTALLED_APPS, "devtools.mails"]
ROOT_URLCONF = "config.urls_local"
EMAIL_FILE_PATH = PROJECT_DIR / ".local" / "mails"
if env.EMAIL_URL == "console://":
    EMAIL_BACKEND = "devtools.mails.mailbox.EmailBackend"

# Straight from the apps: no collectstatic while you work (with DEBUG, WhiteNoise looks there).
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

LOGGING = logging_config(renderer="console", level=env.LOG_LEVEL)
