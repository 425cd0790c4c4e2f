"""E-mail, from one variable: ``EMAIL_URL``."""

from config.env import env
from config.mail_url import read_mail_url

if env.EMAIL_URL == "console://":
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
else:
    _server = read_mail_url(env.EMAIL_URL)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _server.host
    EMAIL_PORT = _server.port
    EMAIL_HOST_USER = _server.user
    EMAIL_HOST_PASSWORD = _server.password
    EMAIL_USE_SSL = _server.implicit_tls
    EMAIL_USE_TLS = _server.starttls

# A mail server that does not answer must not hold a worker for ever, which is Django's default.
EMAIL_TIMEOUT = env.EMAIL_TIMEOUT

DEFAULT_FROM_EMAIL = env.DEFAULT_FROM_EMAIL
SERVER_EMAIL = env.DEFAULT_FROM_EMAIL
