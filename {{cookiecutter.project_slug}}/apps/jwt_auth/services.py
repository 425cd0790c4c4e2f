"""Signing in, staying signed in, and being signed out."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apps.jwt_auth.errors import TokenReused, TokenRevoked
from apps.jwt_auth.models import TokenFamily
from apps.jwt_auth.tokens import AccessToken, RefreshToken
from apps.users.models import User


@dataclass(frozen=True)
class TokenPair:
    access: str
    refresh: str


def start_family(*, user: User) -> TokenPair:
    """Open a family for somebody who just proved who she is."""
    now = timezone.now()
    family = TokenFamily(user=user)
    refresh = RefreshToken.issue(family)
    family.current_jti, family.last_used_at, family.expires_at = refresh.jti, now, _expiry(now)
    family.save()
    return TokenPair(access=str(AccessToken.issue(family)), refresh=str(refresh))


def rotate(*, refresh: str) -> TokenPair:
    """Exchange a refresh token for a pair of new ones.

    Raises:
        TokenReused: It was exchanged before. Its family is revoked: a thief and the owner cannot be
            told apart, so both have to sign in, and only one of them can.
        TokenRevoked: The family was revoked, or the account may not sign in any more.
        TokenRefused: It is no valid refresh token.
    """
    old = RefreshToken.read(refresh)
    family = find_family(old["family"])
    now = timezone.now()
    new = RefreshToken.issue(family)
    # Compare and swap in one statement, on columns of this table only: of any number of requests with
    # the same token, the database lets one find the old id.
    swapped = TokenFamily.objects.filter(pk=family.pk, current_jti=old.jti, revoked_at=None).update(
        current_jti=new.jti, last_used_at=now, expires_at=_expiry(now)
    )
    if not swapped:
        # Not in a transaction that the refusal would roll back.
        revoke(family=family)
        raise TokenReused
    return TokenPair(access=str(AccessToken.issue(family)), refresh=str(new))


def find_family(pk: str) -> TokenFamily:
    """Return a family whose tokens are good, with its user, by one query.

    Raises:
        TokenRevoked: It was revoked or cleared away, or its user may not sign in any more.
    """
    family = TokenFamily.objects.select_related("user").filter(pk=pk, revoked_at=None).first()
    if family is None or not family.user.may_sign_in:
        raise TokenRevoked
    return family


def revoke(*, family: TokenFamily) -> None:
    """Sign out one device, at once: its access token is refused too."""
    TokenFamily.objects.filter(pk=family.pk, revoked_at=None).update(revoked_at=timezone.now())


def revoke_all(*, user: User) -> None:
    """Sign out every device of an account."""
    TokenFamily.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def clear_expired_families(*, now: datetime) -> int:
    """Delete the families none of whose tokens is valid any more; return how many."""
    deleted, _ = TokenFamily.objects.filter(expires_at__lte=now).delete()
    return deleted


def _expiry(now: datetime) -> datetime:
    expiry: datetime = now + RefreshToken.lifetime
    return expiry
