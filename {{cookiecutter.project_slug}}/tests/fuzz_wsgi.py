"""What schemathesis shoots at: the project of the tests, but for what would stop it or leave something."""

import os

from django.conf import settings

# Thousands of requests in a minute, by one client.
rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = dict.fromkeys(rates)
settings.MEDIA_ROOT = os.environ["FUZZ_MEDIA_ROOT"]

from config.wsgi import application  # noqa: E402, F401 - after the changes
