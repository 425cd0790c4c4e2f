"""JSON Web Tokens: short access tokens, and refresh tokens that work once.

Reference: https://django-rest-framework-simplejwt.readthedocs.io/en/stable/settings.html
"""

from datetime import timedelta
from typing import Any

from config.env import env

SIMPLE_JWT: dict[str, Any] = {
    # What leaks of one, through a log or a proxy, is worth minutes.
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=5),
    # Counted from the last refresh: who comes back within it stays signed in.
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ALGORITHM": "HS256",
    # Not SECRET_KEY, or changing that one would sign everybody out.
    "SIGNING_KEY": env.JWT_SIGNING_KEY,
}
# Earlier keys, which are still accepted: see apps/jwt_auth/tokens.py.
JWT_SIGNING_KEY_FALLBACKS = env.JWT_SIGNING_KEY_FALLBACKS
