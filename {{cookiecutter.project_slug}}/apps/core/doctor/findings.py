"""The words of the doctor: what was seen, what is wrong, how to mend it, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from django.conf import settings

LIVE_SECONDS = 3


class Severity(IntEnum):
    """In ascending order; only an error makes the exit status 1."""

    OK = 0
    SKIPPED = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True)
class Finding:
    """One thing that a rule noticed; for a healthy one, ``seen`` says it all."""

    severity: Severity
    seen: str
    wrong: str = ""
    mend: str = ""
    lesson: str = ""


@dataclass(frozen=True)
class Rule:
    """A question to the project, with the time that its answer may take.

    Attributes:
        lesson: Explains the case that the rule itself hangs or crashes.
        needs: The name of the rule without whose health this one cannot know anything.
    """

    area: str
    name: str
    examine: Callable[[], list[Finding]]
    lesson: str
    needs: str = ""
    seconds: float = LIVE_SECONDS


@dataclass(frozen=True)
class Result:
    area: str
    name: str
    findings: list[Finding]

    @property
    def severity(self) -> Severity:
        return max((finding.severity for finding in self.findings), default=Severity.OK)


def ok(seen: str) -> list[Finding]:
    return [Finding(Severity.OK, seen)]


def error(seen: str, *, wrong: str, mend: str, lesson: str) -> list[Finding]:
    return [Finding(Severity.ERROR, seen, wrong, mend, lesson)]


def warning(seen: str, *, wrong: str, mend: str, lesson: str) -> list[Finding]:
    return [Finding(Severity.WARNING, seen, wrong, mend, lesson)]


def error_for_users(seen: str, *, wrong: str, mend: str, lesson: str) -> list[Finding]:
    """An error where real users are served, and a warning on a developer's machine."""
    return (warning if in_development() else error)(seen, wrong=wrong, mend=mend, lesson=lesson)


def in_development() -> bool:
    return not settings.SERVES_USERS


def command(arguments: str) -> str:
    """How to type a command of ``manage.py`` here."""
    return f"uv run just manage {arguments}" if in_development() else f"python manage.py {arguments}"


def listed(names: list[str], limit: int = 5) -> str:
    """The first few of ``names``, and how many more there are."""
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
