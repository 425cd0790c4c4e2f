"""E-mails as files: written by whatever process sends them, read by the pages of the web process."""

import email
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage as DjangoEmailMessage
from django.core.mail.backends import console

KEPT = 200
HEADERS = ("From", "To", "Date", "Message-ID")
NAME = re.compile(r"\d{8}T\d{12}-[0-9a-f]{32}")


class EmailBackend(console.EmailBackend):
    """Django's console back end, for people: the headers that matter and the text; and a copy is kept."""

    def write_message(self, message: DjangoEmailMessage) -> None:
        keep(message.message().as_bytes())
        headers = [("Subject", message.subject), ("From", message.from_email), ("To", ", ".join(message.to))]
        lines = [*(f"{name}: {value}" for name, value in headers), "", str(message.body).rstrip()]
        self.stream.write("\n".join([*lines, "-" * 79, ""]))


@dataclass(frozen=True)
class Mail:
    """A kept e-mail."""

    name: str
    message: EmailMessage

    @property
    def sent_at(self) -> datetime:
        return datetime.strptime(self.name.partition("-")[0], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(self.message.get(name, ""))) for name in HEADERS]

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def to(self) -> str:
        return str(self.message.get("To", ""))

    def content(self, kind: str) -> str:
        """The part for people of one kind, ``"plain"`` or ``"html"``; empty where there is none."""
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part else ""


def keep(content: bytes) -> None:
    """Write one e-mail, whole or not at all, and let go of the oldest."""
    folder().mkdir(parents=True, exist_ok=True)
    name = f"{datetime.now(tz=UTC):%Y%m%dT%H%M%S%f}-{uuid4().hex}"
    draft = folder() / f"{name}.new"
    # The links in it let whoever has them into an account.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    draft.rename(draft.with_suffix(".eml"))
    for old in files()[KEPT:]:
        old.unlink(missing_ok=True)


def newest_first() -> Iterator[Mail]:
    return (read(file) for file in files())


def find(name: str) -> Mail | None:
    """The e-mail of this name, which may be anything that somebody typed into an address."""
    file = folder() / f"{name}.eml"
    return read(file) if NAME.fullmatch(name) and file.is_file() else None


def folder() -> Path:
    # Django reads this setting, too, without having a default for it.
    return Path(getattr(settings, "EMAIL_FILE_PATH"))  # noqa: B009


def files() -> list[Path]:
    return sorted(folder().glob("*.eml"), reverse=True)


def read(file: Path) -> Mail:
    return Mail(file.stem, email.message_from_bytes(file.read_bytes(), policy=policy.default))
