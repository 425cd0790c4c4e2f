"""The e-mails about accounts, as plain text.

Nothing that a stranger typed stands in them, such as the name at sign-up: they would carry her
words to anybody's mailbox under our sender.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import send_mail

IGNORE = "If that was not you, ignore this message: nothing happens without the link."


def send_verification(*, email: str, link: str) -> None:
    _send(
        email,
        "Verify your e-mail address",
        f"Somebody, probably you, wants to use this address at {_site()}. To say yes, open:",
        link,
        "If that was not you, do not open it.",
    )


def send_account_exists(*, email: str, link: str) -> None:
    """Answer a second sign-up with the same address: only its owner learns that it was one."""
    _send(
        email,
        "You already have an account",
        f"Somebody, probably you, signed up at {_site()} with this address, which has an account "
        "already. Sign in as usual. If you do not know the password, choose a new one:",
        link,
        IGNORE,
    )


def send_password_reset(*, email: str, link: str) -> None:
    _send(
        email,
        "Choose a new password",
        f"Somebody, probably you, forgot the password of this address at {_site()}. Choose a new one:",
        link,
        IGNORE,
    )


def send_password_changed(*, email: str) -> None:
    _send(
        email,
        "Your password was changed",
        f"The password of {email} at {_site()} was changed, and everybody was signed out.",
        "If that was not you, ask for a new password at once.",
    )


def send_address_taken(*, email: str) -> None:
    """Tell the owner of an account that another one asked for her address."""
    _send(
        email,
        "Your address was asked for",
        f"Somebody wants to use this address for another account at {_site()}. It stays with yours.",
        "If that was you: change the address of this account first.",
    )


def send_email_changed(*, old_email: str, new_email: str) -> None:
    _send(
        old_email,
        "Your e-mail address was changed",
        f"The account {old_email} now uses the address {new_email}.",
        "If that was not you, answer this message.",
    )


def _site() -> str:
    return urlsplit(settings.SITE_URL).netloc


def _send(email: str, subject: str, *paragraphs: str) -> None:
    message = "\n\n".join(paragraphs) + "\n"
    send_mail(
        subject=subject,
        message=message,
        from_email=settings.DEFAULT_FROM_EMAIL,
        recipient_list=[email],
    )
