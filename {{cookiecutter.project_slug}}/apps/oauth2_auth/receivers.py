"""What happens elsewhere and ends tokens."""

from django.dispatch import receiver

from apps.oauth2_auth import services
from apps.users.models import User
from apps.users.signals import credentials_changed


@receiver(credentials_changed)
def revoke_all_tokens(*, user: User, **_kwargs: object) -> None:
    """Whoever held a token of this account may be the reason why its password was changed."""
    services.revoke_all_tokens(user=user)
