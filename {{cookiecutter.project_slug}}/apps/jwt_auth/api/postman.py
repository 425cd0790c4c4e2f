"""How the Postman collection signs in; the keys are those of ``devtools.postman.steps.Step``."""

SIGN_IN = [
    {
        "call": "POST /api/v1/auth/token/",
        "name": "Sign in",
        "body": {"email": "{{email}}", "password": "{{password}}"},
        "saves": {"token": "access", "refresh": "refresh"},
    },
]
STEPS = [
    {
        "call": "POST /api/v1/auth/token/",
        "name": "Sign in with a wrong password",
        "body": {"email": "{{email}}", "password": "not the password"},
        "status": 401,
    },
    {
        "call": "POST /api/v1/auth/token/refresh/",
        "name": "Refresh the tokens",
        "body": {"refresh": "{{refresh}}"},
        "saves": {"token": "access", "refresh": "refresh"},
    },
    {
        "call": "POST /api/v1/auth/token/refresh/",
        "name": "Refresh with what is no token",
        "body": {"refresh": "not-a-token"},
        "status": 401,
    },
]
LAST = [
    {"call": "POST /api/v1/auth/sign-out/", "name": "Sign out"},
    {"call": "GET /api/v1/users/me/", "name": "The token is refused now", "status": 401},
]
