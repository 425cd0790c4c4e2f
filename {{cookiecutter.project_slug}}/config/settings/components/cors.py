"""Front ends on other origins."""

from corsheaders.defaults import default_headers

from config.env import env

CORS_ALLOWED_ORIGINS = env.CORS_ALLOWED_ORIGINS
# Only the API: pages of the site itself, the admin among them, stay same-origin.
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [*default_headers, "x-request-id"]
# What scripts of other origins may read besides the body and a few harmless ones.
CORS_EXPOSE_HEADERS = [
    "deprecation",
    "etag",
    "idempotency-replayed",
    "link",
    "retry-after",
    "sunset",
    "x-request-id",
]
