"""What the accounts refuse."""

from http import HTTPStatus

from apps.core.errors import DomainError


class InvalidCredentials(DomainError):
    """No account that may sign in has this address and password.

    One refusal for an unknown address, a wrong password and a deactivated account: it must not tell
    which of them it was.
    """

    status = HTTPStatus.UNAUTHORIZED
    code = "invalid_credentials"
    title = "There is no account with this e-mail address and password."
    mend = "Correct them, or ask for a new password."


class EmailNotVerified(DomainError):
    """The password is right, but the address was never verified. Only its owner gets to see this."""

    status = HTTPStatus.FORBIDDEN
    code = "email_not_verified"
    title = "Verify your e-mail address first: open the link that was sent to it."
    mend = "Open the link in the e-mail, or have it sent once more."


class InvalidLink(DomainError):
    """The token of a link was forged, used, overtaken by a change of the account, or is too old."""

    status = HTTPStatus.BAD_REQUEST
    code = "invalid_link"
    title = "This link is not valid any more. Ask for a new one."
    mend = "Ask for a new link, and open the newest e-mail."
