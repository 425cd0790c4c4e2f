"""``python -m devtools.prepare``: bring the database up to date before the project runs.

One process for all steps, because starting Django takes longer than any of them.
"""

import os
import sys

import django
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

import config  # noqa: F401 - reads .env and chooses the settings


def main() -> None:
    django.setup()
    try:
        call_command("release")
    except CommandError as error:
        sys.exit(str(error))
    print(ensure_superuser())


def ensure_superuser() -> str:
    """Create the superuser that the environment describes, once; tell how to sign in."""
    email = os.environ.get("DJANGO_SUPERUSER_EMAIL")
    users = get_user_model().objects
    if not email or not os.environ.get("DJANGO_SUPERUSER_PASSWORD"):
        if users.filter(is_superuser=True).exists():
            return "Sign in with your own superuser."
        return "There is no superuser yet. Create one:  uv run just manage createsuperuser"
    if users.filter(email__iexact=email).exists():
        return f"Superuser: {email}"
    call_command("createsuperuser", interactive=False, verbosity=0)
    return f"Created the superuser {email}; the password is DJANGO_SUPERUSER_PASSWORD in .env"


if __name__ == "__main__":
    main()
