"""Production without its secrets and services, for commands that need neither.

``collectstatic`` in an image build and the type checker import the settings but must not be given
secrets. The addresses lead nowhere and the key is new in each process, so nothing can be served.
"""

import os
import secrets

os.environ |= {
    "DEBUG": "false",
    "SECRET_KEY": secrets.token_urlsafe(50),
    # @if cookiecutter.api_auth == "JWT"
    "JWT_SIGNING_KEY": secrets.token_urlsafe(50),
    # @endif
    "ALLOWED_HOSTS": "build.invalid",
    # @if cookiecutter.database == "PostgreSQL"
    "DATABASE_URL": "postgres://build.invalid/build",
    # @endif
    # @if cookiecutter.database == "MySQL"
    "DATABASE_URL": "mysql://build.invalid/build",
    # @endif
    "REDIS_URL": "redis://build.invalid/1",
    # @if cookiecutter.broker == "Redis"
    "CELERY_BROKER_URL": "redis://build.invalid/0",
    # @endif
    # @if cookiecutter.broker == "RabbitMQ"
    "CELERY_BROKER_URL": "amqp://build.invalid/build",
    # @endif
    "EMAIL_URL": "smtp://build.invalid",
}

from config.settings.production import *
