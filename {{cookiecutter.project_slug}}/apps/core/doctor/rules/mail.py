"""E-mail: sent, and not just printed."""

import socket

from django.conf import settings

from apps.core.doctor.findings import Finding, error, error_for_users, in_development, ok

CONNECT_SECONDS = 2
SMTP = "django.core.mail.backends.smtp.EmailBackend"
# They print, keep or drop what they are given.
DELIVERING_NOTHING = ("console", "dummy", "filebased", "locmem")
LESSON = "env-required-settings"


def examine_mail() -> list[Finding]:
    backend = settings.EMAIL_BACKEND
    if backend.split(".")[-2] in DELIVERING_NOTHING:
        return not_delivered(backend)
    if settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        return error_for_users(
            f"DEFAULT_FROM_EMAIL is {settings.DEFAULT_FROM_EMAIL}",
            wrong="Mail from localhost is refused as spam.",
            mend="Set DEFAULT_FROM_EMAIL to an address of your domain.",
            lesson=LESSON,
        )
    return mail_server() if backend == SMTP else ok(f"sent by {backend}")


def not_delivered(backend: str) -> list[Finding]:
    if in_development():
        return ok("printed, not sent; that is right for development")
    return error(
        f"EMAIL_BACKEND is {backend}",
        wrong="E-mail is not sent: nobody can confirm an address or reset a password.",
        mend="Set EMAIL_URL to smtp://user:password@host:587 .",
        lesson=LESSON,
    )


def mail_server() -> list[Finding]:
    """Whether somebody listens; nothing is sent, and nobody signs in."""
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        socket.create_connection((settings.EMAIL_HOST, settings.EMAIL_PORT), CONNECT_SECONDS).close()
    except OSError as refusal:
        return error_for_users(
            f"{server}: {refusal.strerror or refusal}",
            wrong="The mail server cannot be reached: what should be sent fails.",
            mend="Correct the host and port of EMAIL_URL, or open the way there. Many platforms block 25.",
            lesson=LESSON,
        )
    return ok(f"{server} answers; sender {settings.DEFAULT_FROM_EMAIL}")
