"""Hosts, HTTPS, cookies and the browser's own defences."""

from csp import constants as csp

from config.env import env, serves_users

SECRET_KEY = env.SECRET_KEY
SECRET_KEY_FALLBACKS = env.SECRET_KEY_FALLBACKS
DEBUG = False
# Whether these are a server's settings. What `manage.py doctor` calls an error there is often a mere
# warning on your machine, with debug pages or without.
SERVES_USERS = serves_users(env.DJANGO_SETTINGS_MODULE)
ALLOWED_HOSTS = env.ALLOWED_HOSTS
CSRF_TRUSTED_ORIGINS = env.CSRF_TRUSTED_ORIGINS
CSRF_FAILURE_VIEW = "apps.core.api.error_pages.csrf_failure"

SECURE_SSL_REDIRECT = env.SECURE_SSL_REDIRECT
# The proxy ends TLS before us and overwrites this header, so it tells the truth; without a proxy
# it would be the client's word.
SECURE_PROXY_SSL_HEADER: tuple[str, str] | None = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.NUM_PROXIES else None
)
SECURE_HSTS_SECONDS = env.SECURE_HSTS_SECONDS
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REFERRER_POLICY = "same-origin"

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.SELF],
        "base-uri": [csp.SELF],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.NONE],
        "img-src": [csp.SELF, "data:"],
        "object-src": [csp.NONE],
        # The browsable API lays out a few things so. An attribute cannot load or run anything.
        "style-src-attr": [csp.UNSAFE_INLINE],
    }
}
