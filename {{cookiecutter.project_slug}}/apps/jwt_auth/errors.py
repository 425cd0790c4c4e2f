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
    mend = "Sign in, and send the token exactly as you got it."


class TokenExpired(TokenRefused):
    """The time that was written into the token is over."""

    code = "token_expired"
    title = "This token has expired."
    mend = "Exchange the refresh token for a new pair; if that is what expired, sign in again."


class TokenOfWrongType(TokenRefused):
    """A refresh token was sent where an access token belongs, or the other way round."""

    code = "token_wrong_type"
    title = "This token is for something else: access tokens open the API, refresh tokens only renew them."
    mend = "Send the access token in the header, and the refresh token to the address that renews it."


class TokenRevoked(TokenRefused):
    """Somebody signed out, the password was changed, or the account was deactivated."""

    code = "token_revoked"
    title = "This token was revoked: sign in again."
    mend = "Sign in again."


class TokenReused(TokenRefused):
    """A refresh token came a second time, so somebody else has a copy of it."""

    code = "token_reused"
    title = "This refresh token was used before, so everybody who holds it was signed out: sign in again."
    mend = "Sign in again. If it was your own client, let it refresh from one place at a time."
