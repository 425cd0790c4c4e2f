"""What other apps tell this one."""

from typing import Any

from django.dispatch import receiver

from apps.jwt_auth import services
from apps.users.models import User
from apps.users.signals import credentials_changed


@receiver(credentials_changed)
def sign_out_everywhere(sender: type[User], *, user: User, **_kwargs: Any) -> None:
    """End every sign-in that an earlier password, or an active account, had opened."""
    services.revoke_all(user=user)
