"""The OAuth 2 provider."""
