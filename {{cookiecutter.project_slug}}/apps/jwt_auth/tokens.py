"""The two kinds of JSON Web Tokens, and the keys that sign them."""

from functools import cache
from typing import Any, Self

from django.conf import settings
from rest_framework_simplejwt import settings as simplejwt
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import (
    ExpiredTokenError,
    TokenBackendError,
    TokenBackendExpiredToken,
    TokenError,
)

from apps.jwt_auth.errors import TokenExpired, TokenOfWrongType, TokenRefused
from apps.jwt_auth.models import TokenFamily


class KeyRing(TokenBackend):
    """Signs with the present key, and accepts what earlier keys signed.

    So the key can be changed without signing everybody out: move it to JWT_SIGNING_KEY_FALLBACKS, and
    drop it from there when the longest token that it signed has expired.
    """

    def __init__(self, present: str, *earlier: str) -> None:
        super().__init__(simplejwt.api_settings.ALGORITHM, present)
        self.earlier = [TokenBackend(simplejwt.api_settings.ALGORITHM, key) for key in earlier]

    def decode(self, token: Any, verify: bool = True) -> dict[str, Any]:
        for backend in self.earlier:
            try:
                return backend.decode(token, verify)
            except TokenBackendExpiredToken:
                raise
            except TokenBackendError:
                continue
        return super().decode(token, verify)


@cache
def key_ring(present: str, *earlier: str) -> KeyRing:
    return KeyRing(present, *earlier)


class FamilyToken(tokens.Token):
    """A token of a family, whose claim ``family`` says which."""

    @classmethod
    def issue(cls, family: TokenFamily) -> Self:
        token = cls()
        token["family"] = str(family.pk)
        # The standard's claim for "who" (RFC 7519, 4.1.2), for services that only read the token.
        token["sub"] = str(family.user_id)
        return token

    @classmethod
    def read(cls, raw: str) -> Self:
        """Return the token if it is ours, of this kind, and not expired.

        Raises:
            TokenRefused: One of its subclasses says why not.
        """
        try:
            token = cls(raw)  # type: ignore[arg-type]  # annotated as if it took a token
        except ExpiredTokenError:
            raise TokenExpired from None
        except TokenError:
            raise TokenRefused from None
        if "family" not in token:
            raise TokenRefused
        return token

    @property
    def jti(self) -> str:
        return str(self["jti"])

    def get_token_backend(self) -> TokenBackend:
        return key_ring(simplejwt.api_settings.SIGNING_KEY, *settings.JWT_SIGNING_KEY_FALLBACKS)

    def verify_token_type(self) -> None:
        if self.get(simplejwt.api_settings.TOKEN_TYPE_CLAIM) != self.token_type:
            raise TokenOfWrongType


class AccessToken(FamilyToken):
    """Opens the API, for minutes."""

    token_type = "access"  # noqa: S105 - a kind of token, not one
    lifetime = simplejwt.api_settings.ACCESS_TOKEN_LIFETIME


class RefreshToken(FamilyToken):
    """Is exchanged, once, for an access token and its own successor."""

    token_type = "refresh"  # noqa: S105
    lifetime = simplejwt.api_settings.REFRESH_TOKEN_LIFETIME
