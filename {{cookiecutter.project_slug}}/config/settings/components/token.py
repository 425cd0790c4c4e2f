"""Opaque tokens: django-rest-knox keeps their hashes.

Reference: https://jazzband.github.io/django-rest-knox/settings/
"""

from datetime import timedelta

REST_KNOX = {
    # The scheme in the Authorization header.
    "AUTH_HEADER_PREFIX": "Token",
    # A sign-in that is not used for a week ends by itself. Each use renews it …
    "TOKEN_TTL": timedelta(days=7),
    "AUTO_REFRESH": True,
    # … written down once an hour at most, and for no longer than this after the sign-in.
    "MIN_REFRESH_INTERVAL": 60 * 60,
    "AUTO_REFRESH_MAX_TTL": timedelta(days=90),
    # Phones and laptops of one person. One sign-in more ends the one that was idle for longest.
    "TOKEN_LIMIT_PER_USER": 10,
}
