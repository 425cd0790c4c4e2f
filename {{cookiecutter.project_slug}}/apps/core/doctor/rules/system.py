"""Settings that were loaded, and Django's own system checks with those of this project."""

import os
from collections.abc import Iterable

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.core.checks.registry import registry

from apps.core.doctor.findings import Finding, Severity, in_development, ok
from apps.core.lessons import LESSONS_URL

# `apps.core.checks.report.problem` ends its hints with the address of the lesson.
WHY = f" Why: {LESSONS_URL}"
DEFAULT_LESSON = "deploy-check-gate"
LESSONS = {"corsheaders": "cors-policy", "staticfiles": "static-not-served"}


def examine_settings() -> list[Finding]:
    # Django looks at the key when it is used first, and that may be a visitor's request.
    settings.SECRET_KEY  # noqa: B018
    return ok(f"{os.environ['DJANGO_SETTINGS_MODULE']} is complete and loads")


def examine_system() -> list[Finding]:
    """Run the checks that need no service; where real users are served, the deployment ones too."""
    strict = not in_development()
    found = as_findings(checks.run_checks(include_deployment_checks=strict))
    number = len(registry.get_checks(include_deployment_checks=strict))
    kind = "checks, those of a deployment included," if strict else "checks"
    return found or ok(f"{number} {kind} found nothing")


def as_findings(messages: Iterable[CheckMessage]) -> list[Finding]:
    return [
        as_finding(message)
        for message in messages
        if message.level >= checks.WARNING and not message.is_silenced()
    ]


def as_finding(message: CheckMessage) -> Finding:
    severity = Severity.ERROR if message.level >= checks.ERROR else Severity.WARNING
    mend, _, lesson = (message.hint or "").partition(WHY)
    origin = f" about {message.obj}" if message.obj else ""
    return Finding(
        severity,
        seen=f"system check {message.id}{origin}",
        wrong=" ".join(message.msg.split()),
        mend=" ".join(mend.split()) or "Do as the message says.",
        lesson=lesson.strip("/") or LESSONS.get(str(message.id).partition(".")[0], DEFAULT_LESSON),
    )
