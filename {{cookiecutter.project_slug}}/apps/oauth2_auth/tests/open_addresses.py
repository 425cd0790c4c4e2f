"""What an anonymous visitor may reach of this app; see tests/test_authentication.py."""

OPEN_TO_ANYBODY = {
    "oauth2_provider:authorize",
    "oauth2_provider:oauth-server-metadata",
    "oauth2_provider:revoke-token",
    "oauth2_provider:sign-in",
    "oauth2_provider:token",
}
