"""Servers: the differences from base only.

There are none: base is made for production, and ``config/env.py`` refuses to start these settings
with DEBUG, a weak SECRET_KEY, careless hosts or a missing service. Put here what only servers need.
"""

from config.settings.base import *
