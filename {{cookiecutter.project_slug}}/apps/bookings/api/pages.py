"""How the lists of this app are cut into pages."""

from apps.core.api.pagination import CursorPages


class Newest(CursorPages):
    """The newest first; rows that come in meanwhile do not move the pages."""

    ordering = ("-created_at", "-id")
