"""Who sends a token: ``Authorization: Token <token>``."""

from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from apps.token_auth import services
from apps.users.models import User


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # it has no annotations
    """Knox's, made stricter; one query for each request."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, AuthToken]:
        # Knox takes any bytes for UTF-8, and answers 500 to those that are not.
        if not (token.isascii() and token.decode().isprintable()):
            raise AuthenticationFailed("Invalid token.")
        user, auth_token = super().authenticate_credentials(token)
        return user, auth_token

    def validate_user(self, auth_token: AuthToken) -> tuple[User, AuthToken]:
        user = auth_token.user
        if not user.may_sign_in:
            raise AuthenticationFailed("The account is not active.")
        return user, auth_token

    def renew_token(self, auth_token: AuthToken) -> None:
        services.renew_token(token=auth_token, now=timezone.now())

    def _cleanup_token(self, auth_token: AuthToken) -> bool:
        """Whether the token has expired. Deleting is a scheduled task's, not every request's."""
        return bool(auth_token.expiry <= timezone.now())
