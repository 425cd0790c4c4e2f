"""Front ends on other origins."""

from corsheaders.defaults import default_headers

from config.env import env

CORS_ALLOWED_ORIGINS = env.CORS_ALLOWED_ORIGINS
# Only the API: pages of the site itself, the admin among them, stay same-origin.
CORS_URLS_REGEX = r"^/api/"
# What such a script may send; without the preflight's consent, the request is not even made.
CORS_ALLOW_HEADERS = [*default_headers, "idempotency-key", "if-match", "if-none-match", "x-request-id"]
# What scripts of other origins may read besides the body and a few harmless ones.
CORS_EXPOSE_HEADERS = [
    "deprecation",
    "etag",
    "idempotency-replayed",
    "link",
    "location",
    "retry-after",
    "sunset",
    "x-request-id",
]
