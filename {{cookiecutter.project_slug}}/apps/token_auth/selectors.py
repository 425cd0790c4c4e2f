"""What can be read about sign-ins."""

from datetime import datetime

from django.db.models import QuerySet
from django.db.models.functions import Left
from knox.models import AuthToken

from apps.users.models import User

# How much of a token's hash names it in addresses. The hash opens nothing.
ID_LENGTH = 16


def live_tokens(*, user: User, now: datetime) -> "QuerySet[AuthToken]":
    """The sign-ins of ``user`` that are good for something, last used first."""
    tokens: QuerySet[AuthToken] = AuthToken.objects.annotate(public_id=Left("digest", ID_LENGTH))
    return tokens.filter(user=user, expiry__gt=now).order_by("-expiry", "-created")
