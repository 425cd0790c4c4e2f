"""The rules of ``EMAIL_URL``: which of SMTP's two ways to encrypt, told from scheme and port.

On port 465 TLS begins with the first byte (RFC 8314); on 587 the connection begins in the clear and is
upgraded by STARTTLS (RFC 6409, RFC 3207). Each way on the other's port fails with a time-out or with
``WRONG_VERSION_NUMBER``, which names neither. So a URL that contradicts itself is refused here.
"""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from config.urls_in_env import require_service_url

IMPLICIT_TLS_PORT = 465
SUBMISSION_PORT = 587
RELAY_PORT = 25


@dataclass(frozen=True)
class MailServer:
    """What ``EMAIL_URL`` says; at most one of ``implicit_tls`` and ``starttls`` is true."""

    host: str
    port: int
    user: str
    password: str
    implicit_tls: bool
    starttls: bool


def read_mail_url(value: str) -> MailServer:
    """Read ``smtp://user:password@host:587`` or ``smtps://user:password@host:465``.

    Raises:
        ValueError: With what is wrong and how to mend it; the user name and password are not in it.
    """
    parts = urlsplit(require_service_url(value, schemes=("smtp", "smtps")))
    host, port = parts.hostname or "", parts.port
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("has something after the host and port: TLS follows from the scheme and the port.")
    refuse_contradiction(parts.scheme, host, port)
    user, password = read_credentials(parts.username, parts.password)
    implicit_tls = parts.scheme == "smtps"
    default_port = IMPLICIT_TLS_PORT if implicit_tls else SUBMISSION_PORT
    return MailServer(
        host=host,
        port=port or default_port,
        user=user,
        password=password,
        implicit_tls=implicit_tls,
        starttls=not implicit_tls and not may_stay_in_the_clear(host, port, signs_in=bool(user)),
    )


def refuse_contradiction(scheme: str, host: str, port: int | None) -> None:
    if scheme == "smtp" and port == IMPLICIT_TLS_PORT:
        raise ValueError(
            f"says smtp:// with port 465, where TLS begins at once: write smtps://…@{host}:465, or "
            f"smtp://…@{host}:587 for STARTTLS."
        )
    if scheme == "smtps" and port in (SUBMISSION_PORT, RELAY_PORT):
        raise ValueError(
            f"says smtps:// with port {port}, where TLS begins by STARTTLS: write smtp://…@{host}:{port}, or "
            f"smtps://…@{host}:465 for TLS from the start."
        )


def may_stay_in_the_clear(host: str, port: int | None, *, signs_in: bool) -> bool:
    """Whether no wire is left to listen on: a mail catcher or relay on this very machine.

    Also one beside this container: a name without a dot is known in its network only. Never with a password.
    """
    if port in (None, SUBMISSION_PORT):
        return False
    return is_loopback(host) or ("." not in host and ":" not in host and not signs_in)


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_credentials(user: str | None, password: str | None) -> tuple[str, str]:
    if bool(user) != bool(password):
        missing = "password" if user else "user name"
        raise ValueError(f"has no {missing}: signing in takes both, and would be left out.")
    user, password = unquote(user or ""), unquote(password or "")
    for name, text in (("user name", user), ("password", password)):
        if not (text.isascii() and text.isprintable()):
            raise ValueError(f"has a {name} with characters outside ASCII, which cannot be sent to sign in.")
    return user, password
