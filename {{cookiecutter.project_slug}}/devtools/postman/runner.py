"""Run the collection with newman against the project that ``just up`` runs."""

import json
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from devtools import envfiles, state
from devtools.errors import DevtoolsError
from devtools.postman.files import COLLECTION, ENVIRONMENT, PROJECT
from devtools.services import UP, state_file

NEWMAN = "newman@6.2.2"
SECOND_EMAIL = "somebody-else@example.com"
CLIENT_ID = "postman"


def run(*options: str, project: Path = PROJECT) -> int:
    """Send every request; return newman's exit status."""
    npx = shutil.which("npx")
    if not npx:
        raise DevtoolsError("newman needs Node.js 18 or newer, and there is no npx on PATH.")
    folder = project / "docs" / "postman"
    variables = {"base_url": running_address(project), **accounts(project)}
    with tempfile.TemporaryDirectory() as private:
        environment = Path(private) / ENVIRONMENT
        # In a file: everybody on this machine can read the arguments of a command.
        environment.write_text(filled((folder / ENVIRONMENT).read_text(encoding="utf-8"), variables))
        command = [npx, "--yes", NEWMAN, "run", str(folder / COLLECTION), "--environment", str(environment)]
        command += ["--working-dir", str(folder), *options]
        return subprocess.run(command, cwd=project, check=False).returncode


def running_address(project: Path) -> str:
    running = state.load(state_file(project)).user(UP)
    if not running:
        raise DevtoolsError("The project does not run. Start it in another terminal:  uv run just up")
    return running.address


def accounts(project: Path) -> dict[str, str]:
    """The administrator of ``.env``, and somebody else, who is made for this run."""
    email, password = (envfiles.given(f"DJANGO_SUPERUSER_{name}", project) for name in ("EMAIL", "PASSWORD"))
    if not email or not password:
        raise DevtoolsError("DJANGO_SUPERUSER_EMAIL and DJANGO_SUPERUSER_PASSWORD are not set in .env.")
    second_password = secrets.token_urlsafe(16)
    make_second_account(second_password)
    return {
        "email": email,
        "password": password,
        "second_email": SECOND_EMAIL,
        "second_password": second_password,
        "client_id": CLIENT_ID,
    }


def make_second_account(password: str) -> None:
    """Make the account, with a new password each time: no file has to keep it."""
    import django  # noqa: PLC0415 -- reads the settings, which nothing else here needs

    import config  # noqa: F401, PLC0415 -- reads .env, and where the services are

    django.setup()
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    users = get_user_model().objects
    user, _ = users.get_or_create(email=SECOND_EMAIL, defaults={"email_verified_at": timezone.now()})
    user.set_password(password)
    user.save()


def filled(environment: str, variables: dict[str, str]) -> str:
    data = json.loads(environment)
    for value in data["values"]:
        value["value"] = variables.get(value["key"], value["value"])
    return json.dumps(data)
