"""Links that prove that somebody reads a mailbox.

The token in a link is signed, and bound to its purpose and to the state of the account: using it, or
changing the password or the address, changes that state, so a token works once and old ones die.
Nothing is stored.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.users.errors import InvalidLink
from apps.users.models import User


@dataclass(frozen=True)
class Purpose:
    """What a link is for."""

    name: str
    lifetime: timedelta
    # The parts of the account whose change makes the link invalid.
    bound_to: tuple[str, ...]


VERIFY_EMAIL = Purpose(
    "verify-email", timedelta(days=3), bound_to=("email", "email_verified_at", "password", "is_active")
)
# Also bound to the last sign-in: whoever remembered the password meanwhile needs no link.
RESET_PASSWORD = Purpose(
    "reset-password",
    timedelta(hours=1),
    bound_to=("email", "email_verified_at", "password", "is_active", "last_login"),
)


def make_token(purpose: Purpose, user: User, *, email: str | None = None) -> str:
    """Return a token that lets its bearer do ``purpose`` to ``user``, once.

    Args:
        purpose: What the token is good for; it is refused for anything else.
        user: The account, in its present state.
        email: The address that the link is sent to, if it is not the account's yet.
    """
    payload = {"user": user.pk, "email": email or user.email, "state": _state(purpose, user)}
    return signing.dumps(payload, salt=_salt(purpose))


def read_token(purpose: Purpose, token: str) -> tuple[User, str]:
    """Return the account, locked until the end of the transaction, and the address proven.

    Raises:
        InvalidLink: The token is forged, too old, made for something else, or was used already.
    """
    try:
        payload = signing.loads(token, salt=_salt(purpose), max_age=purpose.lifetime)
    except signing.BadSignature:
        raise InvalidLink from None
    user = User.objects.select_for_update().filter(pk=payload["user"]).first()
    if user is None or not _is_current(purpose, user, payload["state"]):
        raise InvalidLink
    return user, payload["email"]


def address(purpose: Purpose, token: str) -> str:
    """Return the link: to the front end where there is one, else to a page of this project."""
    if settings.FRONTEND_URL:
        base = f"{settings.FRONTEND_URL}/{purpose.name}"
    else:
        base = settings.SITE_URL + reverse(f"account-{purpose.name}")
    return f"{base}?{urlencode({'token': token})}"


def _salt(purpose: Purpose) -> str:
    return f"users.links.{purpose.name}"


def _is_current(purpose: Purpose, user: User, state: str) -> bool:
    """Whether the account is as it was. The key may have been rotated since."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(constant_time_compare(state, _state(purpose, user, key)) for key in keys)


def _state(purpose: Purpose, user: User, key: str = "") -> str:
    values = "\n".join(f"{field}={getattr(user, field)}" for field in purpose.bound_to)
    # Keyed, so that the password's own hash cannot be told from a link.
    return salted_hmac(_salt(purpose), values, secret=key or None, algorithm="sha256").hexdigest()[:32]
