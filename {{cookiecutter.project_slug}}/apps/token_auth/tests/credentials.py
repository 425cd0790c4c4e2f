from apps.token_auth.services import issue_token
from apps.users.models import User


def authorization(user: User) -> str:
    """The header of a client that has signed in."""
    _, secret = issue_token(user=user)
    return f"Token {secret}"
