"""See what a stolen authorization code is worth.

    uv run python -m apps.oauth2_auth.tests.live

An app asks a member for permission, and sends no challenge along. A thief reads the code in the
address that comes back, and tries it. A database and Redis are started for this, and stopped.
"""

import os

import django


def steal_a_code() -> str:
    """Walk the dance as a careless app does; what the thief gets."""
    # These need Django.
    from apps.oauth2_auth.services import ClientKind, register_client  # noqa: PLC0415
    from apps.oauth2_auth.tests.dance import CALLBACK, App, query_of  # noqa: PLC0415
    from apps.users.tests.factories import PASSWORD, UserFactory  # noqa: PLC0415

    client, _ = register_client(name="Careless", kind=ClientKind.APP, redirect_uris=[CALLBACK])
    app = App(client.client_id)
    app.browser.login(username=UserFactory.create().email, password=PASSWORD)
    address = app.request(code_challenge=None, code_challenge_method=None)
    answer = app.browser.get(address)
    if answer.status_code == 200:
        answer = app.answer(address)
    came_back = answer.headers["Location"]
    code = query_of(came_back).get("code")
    lines = ["The app is sent back to:", f"  {came_back}"]
    if code:
        stolen = app.exchange(code, code_verifier="")
        lines += [f"The thief is answered {stolen.status_code}:", f"  {', '.join(stolen.json())}"]
    return "\n".join(lines)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.test.utils import setup_test_environment  # noqa: PLC0415
    from zeal import zeal_ignore  # noqa: PLC0415

    setup_test_environment()
    call_command("migrate", verbosity=0)
    # The library looks one client up several times in a request.
    with zeal_ignore():
        print(steal_a_code())  # noqa: T201 - a command for people


if __name__ == "__main__":
    main()
