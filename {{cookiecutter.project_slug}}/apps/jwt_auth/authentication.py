from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.jwt_auth import services
from apps.jwt_auth.errors import TokenRefused
from apps.jwt_auth.models import TokenFamily
from apps.jwt_auth.tokens import AccessToken
from apps.users.models import User


class JWTAuthentication(BaseAuthentication):
    """Knows a client by ``Authorization: Bearer <access token>`` (RFC 6750).

    The token names its family, which is loaded with its user by one query, the same number that
    loading the user alone takes. So signing out, a new password and a deactivated account count at
    once, not when the token expires.
    """

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[User, TokenFamily] | None:
        """Return the user and, as ``request.auth``, the family; None for other schemes."""
        scheme, *rest = get_authorization_header(request).split() or [b""]
        if scheme.lower() != self.keyword.lower().encode():
            return None
        if len(rest) != 1:
            raise AuthenticationFailed("Write: Authorization: Bearer <access token>", code="token_invalid")
        try:
            token = AccessToken.read(rest[0].decode("latin-1"))
            family = services.find_family(token["family"])
        except TokenRefused as refusal:
            raise AuthenticationFailed(refusal.detail, code=refusal.code) from None
        return family.user, family

    def authenticate_header(self, request: Request) -> str:
        return f'{self.keyword} realm="api"'
