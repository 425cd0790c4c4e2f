"""E-mail: sent, and not just printed, by a server that lets us in."""

import smtplib
import socket
import ssl
from contextlib import suppress
from typing import NamedTuple

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from apps.core.doctor.findings import Finding, error, error_for_users, in_development, ok

CONNECT_SECONDS = 2
# Longer than many servers hold back a refused sign-in, to make guessing slow.
ANSWER_SECONDS = 4
SMTP = "django.core.mail.backends.smtp.EmailBackend"
# They print, keep or drop what they are given.
DELIVERING_NOTHING = ("console", "dummy", "filebased", "locmem", "mailbox")
LESSON = "env-required-settings"
UNREACHABLE = "The mail server cannot be reached: what should be sent fails."
OPEN_THE_WAY = "Correct the host and port of EMAIL_URL, or open the way there. Many platforms block 25."


class Cause(NamedTuple):
    """What an error, with this word in it in small letters, means."""

    error: type[OSError]
    word: str
    wrong: str
    mend: str


# The first that fits; smtplib's and ssl's errors are OSErrors, too.
CAUSES = (
    Cause(
        ssl.SSLCertVerificationError,
        "",
        "The certificate of the mail server is not to be trusted.",
        "Write the host as in its certificate; for one of your own authority, set SSL_CERT_FILE.",
    ),
    Cause(
        ssl.SSLError,
        "",
        "TLS mismatch: what answers on this port does not begin with TLS.",
        "Write smtp://…:587 instead of smtps:// : there TLS begins by STARTTLS.",
    ),
    Cause(
        smtplib.SMTPAuthenticationError,
        "",
        "The mail server refuses the sign-in.",
        "Correct user and password in EMAIL_URL; many providers want a password made for programs.",
    ),
    Cause(
        smtplib.SMTPNotSupportedError,
        "starttls",
        "TLS mismatch: the mail server does not offer STARTTLS on this port.",
        "Use the port on which it does, mostly 587, or smtps:// with 465.",
    ),
    Cause(
        smtplib.SMTPException,
        "auth",
        "The mail server takes no sign-in on this port.",
        "Use the port for submission, mostly 587, or leave user and password out of EMAIL_URL.",
    ),
    Cause(
        OSError,
        "timed out",
        "The mail server is silent: the connection stands, and the answer timed out.",
        "If TLS begins at once on this port, as on 465, write smtps:// ; else look at its load.",
    ),
    Cause(
        OSError,
        "",
        "The mail server breaks off the conversation.",
        "Look into its log, and whether it lets this machine in.",
    ),
)


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
    """Go the way of an e-mail up to the sign-in, by the class that sends them, and leave again."""
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        # By itself, for a time-out here means something else than one in the conversation.
        socket.create_connection((settings.EMAIL_HOST, settings.EMAIL_PORT), CONNECT_SECONDS).close()
    except OSError as refusal:
        return not_usable(server, refusal, UNREACHABLE, OPEN_THE_WAY)
    connection = get_connection(timeout=ANSWER_SECONDS)
    try:
        connection.open()
    except OSError as refusal:
        return not_usable(server, refusal, *diagnose(refusal))
    finally:
        say_goodbye(connection)
    way = "TLS" if settings.EMAIL_USE_SSL else "STARTTLS" if settings.EMAIL_USE_TLS else "no TLS"
    signed_in = "lets us in" if settings.EMAIL_HOST_USER else "answers"
    return ok(f"{server} {signed_in}, with {way}; sender {settings.DEFAULT_FROM_EMAIL}")


def not_usable(server: str, refusal: OSError, wrong: str, mend: str) -> list[Finding]:
    seen = f"{server}: {said(refusal)}"
    return error_for_users(seen, wrong=wrong, mend=mend, lesson=LESSON)


def said(refusal: OSError) -> str:
    if isinstance(refusal, smtplib.SMTPResponseException):
        answer = refusal.smtp_error
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
        return f"{refusal.smtp_code} {' '.join(text.split())}"
    return str(refusal.strerror or refusal) or type(refusal).__name__


def say_goodbye(connection: BaseEmailBackend) -> None:
    # Whoever did not understand us need not understand this.
    with suppress(OSError):
        connection.close()


def diagnose(refusal: OSError) -> tuple[str, str]:
    """What is wrong, and what to do."""
    return next(
        (cause.wrong, cause.mend)
        for cause in CAUSES
        if isinstance(refusal, cause.error) and cause.word in str(refusal).lower()
    )
