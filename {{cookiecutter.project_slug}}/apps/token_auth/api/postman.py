"""How the Postman collection signs in; the keys are those of ``devtools.postman.steps.Step``."""

SCHEME = "Token"
SIGN_IN = [
    {
        "call": "POST /api/v1/auth/token/",
        "name": "Sign in",
        "body": {"email": "{{email}}", "password": "{{password}}"},
        "saves": {"token": "token"},
    },
]
STEPS = [
    {
        "call": "POST /api/v1/auth/token/",
        "name": "Sign in with a wrong password",
        "body": {"email": "{{email}}", "password": "not the password"},
        "status": 401,
        "code": "invalid_credentials",
    },
    {
        "call": "POST /api/v1/auth/token/",
        "name": "Sign in with another device",
        "body": {"email": "{{email}}", "password": "{{password}}"},
        "saves": {"other_token": "token"},
    },
    {
        "call": "GET /api/v1/auth/tokens/",
        "name": "My sign-ins",
        "headers": {"Authorization": "Token {{other_token}}"},
        "then": [
            "pm.collectionVariables.set('tokens_id', pm.response.json().results.find("
            "(signIn) => signIn.is_current).id);"
        ],
    },
    {"call": "DELETE /api/v1/auth/tokens/{id}/", "name": "Sign the other device out"},
]
LAST = [
    {"call": "POST /api/v1/auth/sign-out/", "name": "Sign out"},
    {"call": "GET /api/v1/users/me/", "name": "The token is refused now", "status": 401},
    {"call": "POST /api/v1/auth/sign-out/all/", "name": "Sign somebody else out everywhere", "by": "second"},
]
