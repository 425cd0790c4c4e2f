"""What an anonymous visitor may reach of this app; see tests/test_authentication.py and test_csrf.py."""

OPEN_TO_ANYBODY = {
    "oauth2_provider:authorize",
    "oauth2_provider:oauth-server-metadata",
    "oauth2_provider:revoke-token",
    "oauth2_provider:sign-in",
    "oauth2_provider:token",
}

# Clients call these, not pages. They read no cookie, so a forged request would have nothing to ride on:
# the client proves itself by its secret, or by the code and its verifier.
EXEMPT_FROM_CSRF = {
    "oauth2/token/": "clients exchange a code, a refresh token or their own secret",
    "oauth2/revoke_token/": "clients hand back a token, with their id or secret",
}
