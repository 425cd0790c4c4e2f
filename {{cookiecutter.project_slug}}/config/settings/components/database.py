"""PostgreSQL, the same engine in development, tests and production."""

from typing import Any

import dj_database_url

from config.env import env

_default: dict[str, Any] = dict(dj_database_url.parse(env.DATABASE_URL))
_default |= {
    # The pool replaces persistent connections; Django refuses both together.
    "CONN_MAX_AGE": 0,
    # A pooled connection whose server went away is replaced, not handed to a request.
    "CONN_HEALTH_CHECKS": True,
    # Services open the transactions that they need; reads and async views go without.
    "ATOMIC_REQUESTS": False,
    "OPTIONS": {
        **_default.get("OPTIONS", {}),
        "connect_timeout": 5,
        "pool": {"min_size": 0, "max_size": env.DATABASE_POOL_SIZE, "timeout": 10},
    },
}

DATABASES = {"default": _default}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
