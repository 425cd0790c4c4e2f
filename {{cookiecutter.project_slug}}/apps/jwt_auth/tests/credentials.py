from apps.jwt_auth.services import start_family
from apps.users.models import User


def authorization(user: User) -> str:
    """The header of a client that has signed in."""
    return f"Bearer {start_family(user=user).access}"
