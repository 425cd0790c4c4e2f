"""E-mail, from one variable: ``EMAIL_URL``."""

from urllib.parse import unquote, urlsplit

from config.env import env

_url = urlsplit(env.EMAIL_URL)

if _url.scheme == "console":
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _url.hostname or ""
    EMAIL_HOST_USER = unquote(_url.username or "")
    EMAIL_HOST_PASSWORD = unquote(_url.password or "")
    EMAIL_USE_SSL = _url.scheme == "smtps"
    EMAIL_PORT = _url.port or (465 if EMAIL_USE_SSL else 587)
    # 587 is the submission port: it starts in the clear and must be upgraded (RFC 6409, RFC 3207).
    EMAIL_USE_TLS = EMAIL_PORT == 587
    # A mail server that does not answer must not hold a worker for ever.
    EMAIL_TIMEOUT = 10

DEFAULT_FROM_EMAIL = env.DEFAULT_FROM_EMAIL
SERVER_EMAIL = env.DEFAULT_FROM_EMAIL
