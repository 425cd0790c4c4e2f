"""The e-mails about accounts; their words are in ``templates/users/mail/``.

Nothing that a stranger typed stands in them, such as the name at sign-up: they would carry her
words to anybody's mailbox under our sender.
"""

from apps.core.mail import send_mail


def send_verification(*, email: str, link: str) -> None:
    _send(email, "Verify your e-mail address", "verification", link=link)


def send_account_exists(*, email: str, link: str) -> None:
    """Answer a second sign-up with the same address: only its owner learns that it was one."""
    _send(email, "You already have an account", "account_exists", link=link)


def send_password_reset(*, email: str, link: str) -> None:
    _send(email, "Choose a new password", "password_reset", link=link)


def send_password_changed(*, email: str) -> None:
    _send(email, "Your password was changed", "password_changed", email=email)


def send_address_taken(*, email: str) -> None:
    """Tell the owner of an account that another one asked for her address."""
    _send(email, "Your address was asked for", "address_taken")


def send_email_changed(*, old_email: str, new_email: str) -> None:
    addresses = {"old_email": old_email, "new_email": new_email}
    _send(old_email, "Your e-mail address was changed", "email_changed", **addresses)


def _send(to: str, subject: str, template: str, **context: str) -> None:
    send_mail(to=to, subject=subject, template=f"users/mail/{template}.html", context=context)
