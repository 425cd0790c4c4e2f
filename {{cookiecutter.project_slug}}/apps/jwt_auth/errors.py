"""Why a token is refused: each reason has a code, for clients act differently on them.

After ``token_expired`` an access token is refreshed. After any other the person signs in again.
"""

from http import HTTPStatus

from apps.core.errors import DomainError


class TokenRefused(DomainError):
    """A token that opens nothing."""

    status = HTTPStatus.UNAUTHORIZED
    code = "token_invalid"
    title = "This token is not valid."


class TokenExpired(TokenRefused):
    code = "token_expired"
    title = "This token has expired."


class TokenOfWrongType(TokenRefused):
    code = "token_wrong_type"
    title = "This token is for something else: access tokens open the API, refresh tokens only renew them."


class TokenRevoked(TokenRefused):
    code = "token_revoked"
    title = "This token was revoked: sign in again."


class TokenReused(TokenRefused):
    """A refresh token came a second time, so somebody else has a copy of it."""

    code = "token_reused"
    title = "This refresh token was used before, so everybody who holds it was signed out: sign in again."
