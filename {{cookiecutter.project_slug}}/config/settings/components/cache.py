"""Redis as the cache: shared by all processes, so that throttles count once."""

from config.env import env

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.REDIS_URL,
        # A Redis that hangs must not hang every request.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
}
