"""Sign in, sign out, and look at what the access token still opens.

    uv run python -m apps.jwt_auth.tests.walk

A database and Redis are started for this, with an otherwise empty database, and stopped afterwards.
"""

import os

import django
from django.core.management import call_command

CALL = "/api/v1/users/me/"


def walk() -> list[str]:
    """Return a line for each step: what was done, and the status and code of the answer."""
    # Models come into being with django.setup().
    from apps.jwt_auth.tests.clients import Device  # noqa: PLC0415
    from apps.users.tests.factories import UserFactory  # noqa: PLC0415

    device = Device()
    steps = {
        "sign in": lambda: device.sign_in(UserFactory.create()),
        "read the profile": device.call,
        "sign out": device.sign_out,
        "read the profile after signing out": device.call,
        "refresh after signing out": device.renew,
    }
    lines = []
    for step, take in steps.items():
        response = take()
        code = response.json().get("code", "") if response.content else ""
        lines.append(f"{step}: {response.status_code} {code}".rstrip())
    return lines


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    call_command("migrate", verbosity=0)
    print("\n".join(walk()))  # noqa: T201 - a command for people


if __name__ == "__main__":
    main()
