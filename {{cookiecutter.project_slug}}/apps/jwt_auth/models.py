from datetime import datetime
from typing import ClassVar
from uuid import uuid4

from django.db import models

from apps.users.models import User


class TokenFamilyQuerySet(models.QuerySet["TokenFamily"]):
    def expired(self, *, now: datetime) -> "TokenFamilyQuerySet":
        """The families whose newest refresh token is too old to be used."""
        return self.filter(expires_at__lte=now)


class TokenFamily(models.Model):
    """One sign-in: a refresh token and all its successors.

    Each use of the refresh token replaces it. Only ``current_jti`` may be used next; an earlier one
    that comes again is in two hands, so the family is revoked (RFC 9700, section 4.14.2).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="token_families")
    current_jti = models.CharField(max_length=32, help_text="The id of the only refresh token in force.")
    created_at = models.DateTimeField("signed in at", auto_now_add=True)
    last_used_at = models.DateTimeField("last refreshed at")
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["TokenFamily"]] = TokenFamilyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "token families"

    def __str__(self) -> str:
        return f"{self.user}, signed in at {self.created_at:%Y-%m-%d %H:%M}"
