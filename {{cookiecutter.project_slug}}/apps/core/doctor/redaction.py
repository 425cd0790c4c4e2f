"""Keep secrets out of what the doctor prints: reports are pasted into tickets and chats."""

import os
import re
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

HIDDEN = "***"
SECRET_NAME = re.compile(r"SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|BASIC_AUTH|PRIVATE|DSN")
# All but the example in config/env.py.
CREDENTIALS_IN_URL = re.compile(r"(?<=://)(?!user:password@)[^\s/@]*:[^\s]*@(?=[^\s@]+)")
# A shorter value, such as "app", would be blotted out wherever it stands as a word.
SHORTEST = 6


def hide_secrets(text: str) -> str:
    """Blot out credentials in URLs, and every secret of the environment and the settings."""
    text = CREDENTIALS_IN_URL.sub(f"{HIDDEN}@", text)
    known = {secret for secret in secrets_of_environment() | secrets_of_settings() if len(secret) >= SHORTEST}
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def secrets_of_environment() -> set[str]:
    found: set[str] = set()
    for name, value in os.environ.items():
        if SECRET_NAME.search(name):
            found |= {value, *value.split(",")}
        elif name.endswith("_URL"):
            found |= passwords_of(value)
    return found


def secrets_of_settings() -> set[str]:
    """Also those that a settings file holds by mistake."""
    if not settings.configured:
        return set()
    databases = {str(database.get("PASSWORD", "")) for database in settings.DATABASES.values()}
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        key = ""  # nothing to hide, and a finding of its own
    return {key, settings.EMAIL_HOST_PASSWORD, *databases}


def passwords_of(url: str) -> set[str]:
    """The password in a URL, escaped and not; none if the URL cannot be read."""
    try:
        password = urlsplit(url).password or ""
    except ValueError:
        return set()
    return {password, unquote(password)}
