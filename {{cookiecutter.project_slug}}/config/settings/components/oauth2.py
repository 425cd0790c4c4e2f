"""The OAuth 2 provider: django-oauth-toolkit, held to the best current practice (RFC 9700).

Reference: https://django-oauth-toolkit.readthedocs.io/en/latest/settings.html
"""

from typing import Any

OAUTH2_PROVIDER: dict[str, Any] = {
    "OAUTH2_VALIDATOR_CLASS": "apps.oauth2_auth.validators.OAuth2Validator",
    "SCOPES": {"read": "Read what you can read", "write": "Change what you can change"},
    # A client that asks for nothing gets little.
    "DEFAULT_SCOPES": ["read"],
    # Without the verifier a stolen code is worth nothing (RFC 7636).
    "PKCE_REQUIRED": True,
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 60 * 60,
    # Counted from the end of the last access token: clients that are in use go on.
    "REFRESH_TOKEN_EXPIRE_SECONDS": 14 * 24 * 60 * 60,
    "ROTATE_REFRESH_TOKEN": True,
    # A refresh token that comes a second time was copied: all of its family end.
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    # Redirect addresses: exactly the registered ones, and nothing that travels in the clear.
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "ALLOW_URI_WILDCARDS": False,
    # What the metadata tells clients (RFC 8414).
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["authorization_code", "client_credentials", "refresh_token"],
    # Each of these turns off what RFC 9700 advises against; the library does so from 4.0 on.
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    # Tokens are kept as hashes.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}

# Single-page apps on other origins exchange their code themselves.
CORS_URLS_REGEX = r"^/(api|oauth2/(token|revoke_token))/"
