"""The settings by concern; ``config/settings/base.py`` is their table of contents."""
