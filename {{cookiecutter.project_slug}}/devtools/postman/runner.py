"""Run the collection with newman against the project that ``just up`` runs."""

import json
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from devtools import envfiles, state
from devtools.errors import DevtoolsError
from devtools.postman.files import COLLECTION, ENVIRONMENT, PROJECT
from devtools.postman.steps import read_apps
from devtools.services import UP, state_file

NEWMAN = "newman@6.2.2"
SECOND_EMAIL = "somebody-else@example.com"
# With a new password each time, so that no file has to keep it.
MAKE_ACCOUNT = """
import sys
from django.contrib.auth import get_user_model
from django.utils import timezone
email, password = sys.stdin.read().split()
user, _ = get_user_model().objects.get_or_create(email=email, defaults={"email_verified_at": timezone.now()})
user.set_password(password)
user.save()
"""


def run(*options: str, project: Path = PROJECT) -> int:
    """Send every request; return newman's exit status."""
    npx = shutil.which("npx")
    if not npx:
        raise DevtoolsError("newman needs Node.js 18 or newer, and there is no npx on PATH.")
    folder = project / "docs" / "postman"
    variables = {"base_url": running_address(project), **personal_variables(project)}
    with tempfile.TemporaryDirectory() as private:
        environment = Path(private) / ENVIRONMENT
        # In a file: everybody on this machine can read the arguments of a command.
        template = (folder / ENVIRONMENT).read_text(encoding="utf-8")
        environment.write_text(filled(template, variables), encoding="utf-8")
        command = [npx, "--yes", NEWMAN, "run", str(folder / COLLECTION), "--environment", str(environment)]
        command += ["--working-dir", str(folder), *options]
        return subprocess.run(command, cwd=project, check=False).returncode


def running_address(project: Path) -> str:
    running = state.load(state_file(project)).user(UP)
    if not running:
        raise DevtoolsError("The project does not run. Start it in another terminal:  uv run just up")
    return running.address


def personal_variables(project: Path) -> dict[str, str]:
    """What the administrator of ``.env`` signs in with, and somebody else, who is made for this."""
    email = envfiles.given("DJANGO_SUPERUSER_EMAIL", project)
    password = envfiles.given("DJANGO_SUPERUSER_PASSWORD", project)
    if not email or not password:
        raise DevtoolsError("DJANGO_SUPERUSER_EMAIL and DJANGO_SUPERUSER_PASSWORD are not set in .env.")
    second = {"email": SECOND_EMAIL, "password": secrets.token_urlsafe(16)}
    manage(project, "shell", "--command", MAKE_ACCOUNT, given=" ".join(second.values()))
    first = {"email": email, "password": password} | register(project, email)
    second |= register(project, SECOND_EMAIL)
    return first | {f"second_{name}": value for name, value in second.items()}


def register(project: Path, email: str) -> dict[str, str]:
    """Run the command that the apps name, if any; read the variables from the lines that it prints."""
    command = read_apps(project).register
    lines = manage(project, *command, email).splitlines() if command else []
    return {name: value for name, separator, value in (line.partition(": ") for line in lines) if separator}


def manage(project: Path, *arguments: str, given: str = "") -> str:
    # Where the project runs, which may be in containers.
    command = [sys.executable, "-m", "devtools.run", "python", "manage.py", *arguments]
    finished = subprocess.run(
        command, cwd=project, input=given, capture_output=True, text=True, encoding="utf-8", check=False
    )
    if finished.returncode != 0:
        raise DevtoolsError(f"manage.py {arguments[0]} failed:\n{finished.stderr}")
    return finished.stdout


def filled(environment: str, variables: dict[str, str]) -> str:
    data = json.loads(environment)
    for value in data["values"]:
        value["value"] = variables.get(value["key"], value["value"])
    return json.dumps(data)
