"""A mail server for the tests: real SMTP on a port of this machine, with TLS where it is asked for."""

import asyncio
import email
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.processes import free_port

HOST = "localhost"
USER = "shop@example.com"
# Every character that a URL reserves.
PASSWORD = "p@ss/w#rd?100%:"  # pragma: allowlist secret
ACCEPTED = "250 OK"


@dataclass
class MailServer:
    """What a server was told, and how it answers.

    Attributes:
        replies: By command (RCPT or DATA), the answer instead of 250.
        said: The commands that show how a visit went, in their order.
    """

    port: int
    replies: dict[str, str] = field(default_factory=dict)
    messages: list[EmailMessage] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        reply = self.replies.get("RCPT", ACCEPTED)
        if reply == ACCEPTED:
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        reply = self.replies.get("DATA", ACCEPTED)
        if reply == ACCEPTED:
            content = envelope.content.replace(b"\r\n", b"\n")
            self.messages.append(email.message_from_bytes(content, policy=policy.default))
        return reply

    async def handle_QUIT(self, _server: object, session: Any, _envelope: object) -> str:  # noqa: N802
        self.said.append("QUIT" if session.ssl is None else "QUIT after STARTTLS")
        return "221 Bye"

    def authenticate(
        self, _server: object, session: Any, _envelope: object, _mechanism: str, credentials: LoginPassword
    ) -> AuthResult:
        self.said.append("AUTH")
        right = (credentials.login, credentials.password) == (USER.encode(), PASSWORD.encode())
        # Not handled: the answer is left to aiosmtpd.
        return AuthResult(success=right, handled=False)


@contextmanager
def running(
    *,
    implicit_tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    takes_sign_in: bool = True,
) -> Iterator[MailServer]:
    """Run a mail server inside the block."""
    server = MailServer(free_port())
    authenticator = server.authenticate if takes_sign_in else None
    controller = Controller(
        server,
        hostname=HOST,
        port=server.port,
        ssl_context=implicit_tls,
        tls_context=starttls,
        authenticator=authenticator,
        auth_exclude_mechanism=None if takes_sign_in else ["LOGIN", "PLAIN"],
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(end_of_visits(), controller.loop).result()
        controller.stop()


async def end_of_visits() -> None:
    """Wait until the server has noticed who left: a connection that it forgets open is a warning."""
    visits = asyncio.all_tasks() - {asyncio.current_task()}
    if visits:
        await asyncio.wait(visits, timeout=1)
    await asyncio.sleep(0.01)


@contextmanager
def silent() -> Iterator[int]:
    """The port of a server that accepts connections and says nothing."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]
