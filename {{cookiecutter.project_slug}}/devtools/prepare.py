"""``python -m devtools.prepare``: bring the database up to date before the project runs.

One process for all steps, because starting Django takes longer than any of them.
"""

import os
import re
import sys

import django
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command

import config  # noqa: F401 - reads .env and chooses the settings

# A wrong password, in the words of PostgreSQL and of MySQL.
REFUSED = "password authentication failed|Access denied for user"


def main() -> None:
    django.setup()
    try:
        call_command("release")
    except CommandError as error:
        sys.exit(f"{error}\n{explain_volume(str(error))}".rstrip())
    print(ensure_superuser())


def explain_volume(error: str) -> str:
    """What is behind a refused password where the database is a container of compose.yaml."""
    volume = os.environ.get("DATABASE_VOLUME")
    if not volume or not re.search(REFUSED, error):
        return ""
    return (
        f"The volume {volume} was made with another SERVICES_PASSWORD than that of .env, as it happens when "
        "a project of this name was generated before. Put the earlier password into .env; or, if nothing in "
        "that database is needed any more, delete it:  docker compose down --volumes"
    )


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
