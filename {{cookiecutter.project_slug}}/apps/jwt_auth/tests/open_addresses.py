"""What an anonymous visitor may reach of this app; see tests/test_authentication.py."""

OPEN_TO_ANYBODY = {"v1:refresh-token", "v1:token"}
