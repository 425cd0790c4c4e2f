"""What can be done to clients and their tokens."""

from collections.abc import Sequence
from enum import StrEnum

from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken, clear_expired

from apps.users.models import User


class ClientKind(StrEnum):
    """What a client can keep to itself, and for whom it acts."""

    # Has a server, which keeps a secret; acts for people.
    WEB = "web"
    # Runs in a browser or on a phone, where nothing stays secret; acts for people.
    APP = "app"
    # Acts for itself, with the rights of one account.
    SERVICE = "service"


def register_client(
    *, name: str, kind: ClientKind, redirect_uris: Sequence[str] = (), account: User | None = None
) -> tuple[Application, str]:
    """Register a client.

    Args:
        name: As people will read it when they are asked to allow it.
        kind: Decides what the client may ask for.
        redirect_uris: Where people are sent back to; each exactly as the client will write it.
        account: Whose rights a service has.

    Returns:
        The client, and its secret: the database keeps the secret's hash only. An app has none.

    Raises:
        ValidationError: A redirect address is missing or not acceptable.
        ValueError: A service without an account.
    """
    if kind is ClientKind.SERVICE and account is None:
        raise ValueError("A service acts for an account: its tokens need somebody's rights.")
    client = Application(
        name=name,
        user=account,
        redirect_uris=" ".join(redirect_uris),
        client_type=Application.CLIENT_PUBLIC if kind is ClientKind.APP else Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=(
            Application.GRANT_CLIENT_CREDENTIALS
            if kind is ClientKind.SERVICE
            else Application.GRANT_AUTHORIZATION_CODE
        ),
    )
    client.full_clean()
    # Saving replaces it by its hash.
    secret = "" if kind is ClientKind.APP else client.client_secret
    client.save()
    return client, secret


@transaction.atomic
def revoke_all_tokens(*, user: User) -> None:
    """End what any client may do for ``user``, and what services with that account's rights may do."""
    Grant.objects.filter(user=user).delete()
    # Kept, so that a client which tries one again is recognised.
    RefreshToken.objects.filter(user=user, revoked=None).update(revoked=timezone.now())
    AccessToken.objects.filter(user=user).delete()
    AccessToken.objects.filter(user=None, application__user=user).delete()


def clear_expired_tokens() -> None:
    """Delete the codes and tokens that are good for nothing any more."""
    clear_expired()
