"""What can be done to sign-ins. A token is shown once; the database keeps its hash."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from knox.models import AuthToken
from knox.settings import knox_settings

from apps.token_auth.selectors import live_tokens
from apps.users.models import User


@transaction.atomic
def issue_token(*, user: User) -> tuple[AuthToken, str]:
    """Make a token for one more sign-in; above the limit, the sign-in idle for longest ends.

    Refusing instead would lock out people who cannot reach their old devices to sign out there.

    Returns:
        What the database keeps, and the token itself, which is nowhere else.
    """
    # One sign-in at a time for each account, or two at once would pass the limit together.
    User.objects.select_for_update().get(pk=user.pk)
    kept = live_tokens(user=user, now=timezone.now())[: knox_settings.TOKEN_LIMIT_PER_USER - 1]
    AuthToken.objects.filter(user=user).exclude(pk__in=[token.pk for token in kept]).delete()
    token, secret = AuthToken.objects.create(user=user)
    return token, secret


def renew_token(*, token: AuthToken, now: datetime) -> None:
    """Let a token that was just used live on, up to the limit that counts from the sign-in."""
    hard_limit = token.created + knox_settings.AUTO_REFRESH_MAX_TTL
    expiry = min(now + knox_settings.TOKEN_TTL, hard_limit)
    if (expiry - token.expiry).total_seconds() <= knox_settings.MIN_REFRESH_INTERVAL:
        return
    # An update, not a save: the token may have been revoked a moment ago, and stays so.
    AuthToken.objects.filter(pk=token.pk).update(expiry=expiry)
    token.expiry = expiry


def revoke_token(*, token: AuthToken) -> None:
    """End one sign-in."""
    token.delete()


def revoke_all_tokens(*, user: User) -> None:
    """End every sign-in of ``user``."""
    AuthToken.objects.filter(user=user).delete()


def clear_expired_tokens(*, now: datetime) -> None:
    """Delete the tokens that are good for nothing any more."""
    AuthToken.objects.filter(expiry__lte=now).delete()
