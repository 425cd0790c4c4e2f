"""How the Postman collection signs in; the keys are those of ``devtools.postman.steps.Step``.

Nobody sits in front of a browser, so it asks for its token as a service that acts for an account.
"""

PERSONAL = ("email", "password", "client_id", "client_secret")
REGISTER = ("register_client", "Postman", "service", "--account")
CLIENT = {"client_id": "{{client_id}}", "client_secret": "{{client_secret}}"}
SIGN_IN = [
    {
        "call": "POST /oauth2/token/",
        "name": "Sign in",
        "form": {"grant_type": "client_credentials", "scope": "read write", **CLIENT},
        "saves": {"token": "access_token"},
    },
]
LAST = [
    {
        "call": "POST /oauth2/revoke_token/",
        "name": "Revoke the token",
        "form": {"token": "{{token}}", **CLIENT},
    },
    {"call": "GET /api/v1/users/me/", "name": "The token is refused now", "status": 401},
]
