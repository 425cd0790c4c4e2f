"""Who sends a token, and whether it reaches: ``Authorization: Bearer <token>`` (RFC 6750)."""

from http import HTTPStatus

from oauth2_provider.models import AccessToken
from oauth2_provider.settings import oauth2_settings
from oauth2_provider.www_authenticate import build_bearer_challenge
from oauthlib.common import Request as OAuthRequest
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from apps.users.models import User

SCHEME = "Bearer"
INVALID_TOKEN = {"error": "invalid_token", "error_description": "The access token is invalid."}


class InsufficientScope(APIException):
    """The token is good, but not for this."""

    status_code = HTTPStatus.FORBIDDEN
    default_code = "insufficient_scope"

    def __init__(self, scope: str, *, auth_header: str) -> None:
        super().__init__(f"This needs a token with the scope {scope}.")
        # The exception handler sends it as WWW-Authenticate.
        self.auth_header = auth_header


class OAuth2Authentication(BaseAuthentication):
    """Reads the token from the header, and from nowhere else.

    The library's own class also looks for it in the body, so it would parse whatever a stranger sends.

    The scope is asked for here, and not by a permission class: a view that names its permissions
    replaces the usual ones, and whoever forgot this one would let a client that may only read write.
    Requests without a token, such as those with a session, have no scopes.
    """

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        scope = required_scope(request.method)
        # Without the query string: what stands there is none of the protocol's business.
        asked = OAuthRequest(request.build_absolute_uri(request.path), http_method=request.method)
        validator = oauth2_settings.OAUTH2_VALIDATOR_CLASS()
        if validator.validate_bearer_token(token.strip(), [scope], asked):
            return asked.user, asked.access_token
        error = getattr(asked, "oauth2_error", INVALID_TOKEN)
        if error["error"] == "insufficient_scope":
            header = challenge(request, {**error, "scope": scope})
            raise InsufficientScope(scope, auth_header=header)
        request.oauth2_error = error  # type: ignore[attr-defined]  # for the header below
        raise AuthenticationFailed(str(error["error_description"]))

    def authenticate_header(self, request: Request) -> str:
        return challenge(request, getattr(request, "oauth2_error", None))


def required_scope(method: str | None) -> str:
    """Return the scope that a request needs for what it does."""
    return str(oauth2_settings.READ_SCOPE if method in SAFE_METHODS else oauth2_settings.WRITE_SCOPE)


def challenge(request: Request, error: dict[str, str] | None) -> str:
    """Return what WWW-Authenticate says; RFC 6750, section 3, has the words."""
    return str(build_bearer_challenge(request, error, realm="api", resource_metadata_url=None))
