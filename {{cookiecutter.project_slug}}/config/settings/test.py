"""The tests: production's settings, less what a test cannot have."""

import os

from devtools.for_tests import start_missing_services

os.environ.setdefault("SECRET_KEY", "known-to-everyone-and-good-for-tests-only-0123456789")
os.environ.setdefault("LOG_LEVEL", "ERROR")
# Database and Redis are real, also in tests: started here where DATABASE_URL and REDIS_URL are unset.
start_missing_services()

from config.settings.base import *

# Examined as a server is.
SERVES_USERS = True
# Clients come through no proxy.
REST_FRAMEWORK["NUM_PROXIES"] = 0
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
# The test client speaks plain HTTP; the tests of the redirect switch it on.
SECURE_SSL_REDIRECT = False
# Hashing is slow on purpose; tests need not wait for it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
# Without collectstatic; one test collects and serves production's files.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# Uploads vanish with the test session.
STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
STORAGES["private"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
# Test connections are short-lived; kept ones would keep the test database from being dropped.
DATABASES["default"]["OPTIONS"].pop("pool", None)
DATABASES["default"]["CONN_MAX_AGE"] = 0
# Messages of the tests cannot meet those of anything else on the same Redis server. RabbitMQ has virtual
# hosts for that, and does not read this.
CELERY_BROKER_TRANSPORT_OPTIONS |= {"global_keyprefix": "test:"}
# A broker on a busy machine may be slow to confirm a message; no test is about speed.
QUEUE_PATIENCE_SECONDS = 5
# A request that asks the database once for each row is an error. Only requests: what a test itself does
# may repeat.
INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]
MIDDLEWARE = [*MIDDLEWARE, "zeal.middleware.zeal_middleware"]
# Relations that are loaded row by row. To get an object twice by its key is what writing and locking do.
ZEAL_ALLOWLIST = [{"model": "*", "field": "get()"}]
OWN_SETTINGS = [*OWN_SETTINGS, "ZEAL_ALLOWLIST"]
