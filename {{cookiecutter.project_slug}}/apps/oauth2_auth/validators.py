"""What the library asks before it gives or takes anything: its own rules, made stricter."""

from typing import Any
from urllib.parse import urlsplit

from oauth2_provider.models import Application
from oauth2_provider.oauth2_validators import OAuth2Validator as LibraryValidator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import UnsupportedCodeChallengeMethodError

LOOPBACK = ("127.0.0.1", "::1")


class OAuth2Validator(LibraryValidator):  # type: ignore[misc]  # it has no annotations
    """Only accounts that may sign in, only S256, and plain HTTP only within one machine.

    A token keeps the library's interest however its account fares: it never asks whether the account
    is active.
    """

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        # The library would let the person agree first, and refuse "plain" afterwards.
        if request.code_challenge and request.code_challenge_method != "S256":
            raise UnsupportedCodeChallengeMethodError(request=request)
        return bool(super().is_pkce_required(client_id, request))

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        """Allow what is registered; http:// for apps on the person's own machine (RFC 8252, section 7.3)."""
        if not super().validate_redirect_uri(client_id, redirect_uri, request, *args, **kwargs):
            return False
        address = urlsplit(redirect_uri)
        return address.scheme != "http" or address.hostname in LOOPBACK

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: Application, request: Request, *args: Any, **kw: Any
    ) -> bool:
        """A service gets a token while the account whose rights it has may sign in."""
        if not super().validate_grant_type(client_id, grant_type, client, request, *args, **kw):
            return False
        return grant_type != "client_credentials" or may_sign_in(client.user)

    def validate_code(
        self, client_id: str, code: str, client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        valid = super().validate_code(client_id, code, client, request, *args, **kwargs)
        return bool(valid) and may_sign_in(request.user)

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        valid = super().validate_refresh_token(refresh_token, client, request, *args, **kwargs)
        return bool(valid) and may_sign_in(request.user)

    def validate_bearer_token(self, token: str, scopes: list[str], request: Request) -> bool:
        """Accept a token of an account that may sign in; a service's token acts for its account."""
        if not super().validate_bearer_token(token, scopes, request):
            return False
        request.user = request.user or request.client.user
        if may_sign_in(request.user):
            return True
        request.oauth2_error = {
            "error": "invalid_token",
            "error_description": "The account is not active.",
        }
        return False


def may_sign_in(user: Any) -> bool:
    return user is not None and bool(user.may_sign_in)
