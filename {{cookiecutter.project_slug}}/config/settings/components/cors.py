"""Front ends on other origins."""

from corsheaders.defaults import default_headers

from config.env import env

CORS_ALLOWED_ORIGINS = env.CORS_ALLOWED_ORIGINS
# Only the API: pages of the site itself, the admin among them, stay same-origin.
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [*default_headers, "x-request-id"]
CORS_EXPOSE_HEADERS = ["x-request-id"]
