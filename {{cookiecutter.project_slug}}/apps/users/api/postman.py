"""What the Postman collection does with accounts; the keys are those of ``devtools.postman.steps.Step``.

What only the link of an e-mail can do is shown by its refusal.
"""

NEW_EMAIL = "new-{{$guid}}@example.com"

STEPS = [
    {
        "call": "POST /api/v1/auth/sign-up/",
        "name": "Sign up",
        "body": {"email": NEW_EMAIL, "password": "{{$guid}}", "name": "Ada Lovelace"},
    },
    {
        "call": "POST /api/v1/auth/sign-up/",
        "name": "Sign up without a password",
        "body": {"email": NEW_EMAIL},
        "only": True,
        "status": 400,
        "code": "validation_error",
    },
    {
        "call": "POST /api/v1/auth/verify-email/resend/",
        "name": "Ask for the link again",
        "body": {"email": NEW_EMAIL},
    },
    {
        "call": "POST /api/v1/auth/verify-email/",
        "name": "Verify with what is no token",
        "body": {"token": "not-a-token"},
        "status": 400,
    },
    {
        "call": "POST /api/v1/auth/password/reset/",
        "name": "Ask for a new password",
        "body": {"email": NEW_EMAIL},
    },
    {
        "call": "POST /api/v1/auth/password/reset/confirm/",
        "name": "Reset with what is no token",
        "body": {"token": "not-a-token", "new_password": "{{$guid}}"},
        "status": 400,
    },
    {
        "call": "POST /api/v1/auth/password/change/",
        "name": "Change the password without knowing it",
        "body": {"current_password": "not the password", "new_password": "{{$guid}}"},
        "status": 400,
    },
    {"call": "GET /api/v1/users/me/", "name": "My profile"},
    {"call": "PATCH /api/v1/users/me/", "name": "Change my name", "body": {"name": "Ada Lovelace"}},
]
