"""Without a user: the metrics have a token of their own. ``tests/test_authentication.py`` reads it."""

OPEN_TO_ANYBODY = {"metrics"}
