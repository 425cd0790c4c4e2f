from datetime import timedelta
from secrets import token_urlsafe

from django.utils import timezone
from oauth2_provider.models import AccessToken

from apps.oauth2_auth.services import ClientKind, register_client
from apps.users.models import User


def authorization(user: User) -> str:
    """The header of a service that acts for an account."""
    client, _ = register_client(name="Service", kind=ClientKind.SERVICE, account=user)
    secret = token_urlsafe(32)
    expires = timezone.now() + timedelta(hours=1)
    AccessToken.objects.create(
        user=user, application=client, token=secret, expires=expires, scope="read write"
    )
    return f"Bearer {secret}"
