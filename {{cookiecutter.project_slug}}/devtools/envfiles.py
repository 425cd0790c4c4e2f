"""The files that complete the environment of a development machine."""

import os
import re
import secrets
from pathlib import Path

from dotenv import dotenv_values

# The keys that the example leaves empty.
KEYS = re.compile(r"^(SECRET_KEY|\w+_SIGNING_KEY)=$", flags=re.MULTILINE)
PASSWORDS = re.compile(r"^(SERVICES_PASSWORD)=$", flags=re.MULTILINE)
SIGN_INS = re.compile(r"^(\w+_BASIC_AUTH)=$", flags=re.MULTILINE)
SERVICES_HEADER = "# Written while the services run, and removed when they stop. Not for editing.\n"


def given(name: str, project: Path) -> str:
    """A variable as the project will see it, or ``""``: the environment comes before ``.env``."""
    return os.environ.get(name) or dotenv_values(project / ".env").get(name) or ""


def write_services_file(path: Path, variables: dict[str, str]) -> None:
    """Tell other processes of this project where the services are."""
    path.unlink(missing_ok=True)
    if not variables:
        return
    path.touch(mode=0o600)  # it holds a password
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    path.write_text(SERVICES_HEADER + lines, encoding="utf-8")


def ensure_env_file(project: Path) -> bool:
    """Make ``.env`` from ``.env.example`` if it is missing; tell whether it was made."""
    file = project / ".env"
    example = project / ".env.example"
    if file.exists() or not example.exists():
        return False
    text = example.read_text(encoding="utf-8")
    for name in KEYS.findall(text):
        text = fill(text, name, secrets.token_urlsafe(50))
    for name in PASSWORDS.findall(text):
        text = fill(text, name, secrets.token_urlsafe(16))
    for name in SIGN_INS.findall(text):
        text = fill(text, name, f"admin:{secrets.token_urlsafe(16)}")
    text = fill(text, "DJANGO_SUPERUSER_EMAIL", "admin@example.com")
    text = fill(text, "DJANGO_SUPERUSER_PASSWORD", secrets.token_urlsafe(12))
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8", newline="\n")
    return True


def fill(text: str, name: str, value: str) -> str:
    """Set one variable, whether the example leaves it empty or commented out."""
    line = re.compile(rf"^#?[ ]?{name}=.*$", flags=re.MULTILINE)
    setting = f"{name}={value}"
    if not line.search(text):
        return f"{text.rstrip()}\n{setting}\n"
    return line.sub(lambda _: setting, text, count=1)
