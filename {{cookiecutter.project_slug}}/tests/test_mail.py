"""E-mail on its whole way: through Django's back end, SMTP and TLS, to a real server."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote

import pytest
import trustme
from django.core.mail import get_connection
from pytest_django.fixtures import Settings

from apps.core.doctor.findings import Finding, Severity
from apps.core.doctor.rules import mail as rule
from apps.core.mail import MailError, MailRefused, MailUnavailable, send_mail
from apps.core.queue import enqueue_on_commit
from apps.users.tests.factories import UserFactory
from tests import mail_server, processes
from tests.mail_server import HOST, PASSWORD, USER, MailServer

WAYS = ["plain", "starttls", "implicit_tls"]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """A certificate for this machine, from an authority that nobody knows yet."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)
    return context


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def use(settings: Settings) -> "Use":
    return Use(settings)


class Use:
    """Sends the e-mail of a test to a port of this machine."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(
        self, port: int, way: str = "plain", *, host: str = HOST, password: str = PASSWORD, patience: int = 10
    ) -> None:
        self.settings.EMAIL_BACKEND = rule.SMTP
        self.settings.EMAIL_HOST = host
        self.settings.EMAIL_PORT = port
        self.settings.EMAIL_HOST_USER = USER
        self.settings.EMAIL_HOST_PASSWORD = password
        self.settings.EMAIL_USE_SSL = way == "implicit_tls"
        self.settings.EMAIL_USE_TLS = way == "starttls"
        self.settings.EMAIL_TIMEOUT = patience


def run(stack: ExitStack, way: str, certificate: ssl.SSLContext) -> MailServer:
    tls: dict[str, Any] = {} if way == "plain" else {way: certificate}
    return stack.enter_context(mail_server.running(**tls))


def send(*, key: str = "") -> None:
    send_mail(
        to="guest@example.com",
        subject="Verify\nyour address",
        template="users/mail/verification.html",
        context={"link": "https://shop.example.com/?a=1&b=2"},
        key=key,
    )


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("way", WAYS)
def test_mail_arrives_as_html_and_text_of_one_meaning(
    way: str, certificate: ssl.SSLContext, use: Use, stack: ExitStack, settings: Settings
) -> None:
    settings.SITE_URL = "https://shop.example.com"
    server = run(stack, way, certificate)
    use(server.port, way)

    send(key="user-1-verification")

    [message] = server.messages
    text, html = (part.get_content() for part in message.iter_parts())
    assert message.get_content_type() == "multipart/alternative"
    assert (message["To"], message["Subject"]) == ("guest@example.com", "Verify your address")
    assert (message["Message-ID"], message["Auto-Submitted"]) == (
        "<user-1-verification@shop.example.com>",
        "auto-generated",
    )
    assert "wants to use this address at shop.example.com." in html
    assert 'href="https://shop.example.com/?a=1&amp;b=2"' in html
    assert text.startswith("Somebody, probably you, wants to use this address at shop.example.com.")
    assert "\n\nVerify this address:\nhttps://shop.example.com/?a=1&b=2\n\n" in text
    assert server.said == ["AUTH", "QUIT after STARTTLS" if way == "starttls" else "QUIT"]


@pytest.mark.parametrize(
    ("command", "reply", "error"),
    [
        ("RCPT", "450 The mailbox is busy", MailUnavailable),
        ("RCPT", "550 No such person", MailRefused),
        ("DATA", "452 Too little storage", MailUnavailable),
        ("DATA", "554 This is spam", MailRefused),
    ],
)
def test_reply_of_the_server_says_whether_to_try_again(
    command: str, reply: str, error: type[MailError], use: Use
) -> None:
    with mail_server.running() as server:
        use(server.port)
        server.replies[command] = reply

        with pytest.raises(error, match=reply[4:]):
            send()


def test_refused_sign_in_is_not_tried_again(use: Use) -> None:
    with mail_server.running() as server:
        use(server.port, password="wrong")

        with pytest.raises(MailRefused, match="535"):
            send()


@pytest.mark.parametrize("way", ["starttls", "implicit_tls"])
def test_certificate_that_nobody_vouches_for_is_refused(
    way: str, certificate: ssl.SSLContext, use: Use, stack: ExitStack
) -> None:
    server = run(stack, way, certificate)
    use(server.port, way)

    with pytest.raises(MailRefused, match="CERTIFICATE_VERIFY_FAILED"):
        send()
    assert server.said == []


def test_server_that_is_away_or_silent_is_tried_again(use: Use) -> None:
    use(1)
    with pytest.raises(MailUnavailable, match="ConnectionRefusedError"):
        send()
    with mail_server.silent() as port:
        use(port, patience=1)
        with pytest.raises(MailUnavailable, match="timed out"):
            send()


# --- what the doctor says of it ---


def the_finding() -> Finding:
    [finding] = rule.examine_mail()
    return finding


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("way", WAYS)
def test_doctor_signs_in_and_sends_nothing(
    way: str, certificate: ssl.SSLContext, use: Use, stack: ExitStack
) -> None:
    server = run(stack, way, certificate)
    use(server.port, way)

    finding = the_finding()

    assert finding.severity is Severity.OK, finding
    assert f"{HOST}:{server.port} lets us in" in finding.seen
    assert server.messages == []
    assert server.said == ["AUTH", "QUIT after STARTTLS" if way == "starttls" else "QUIT"]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("offered", "wanted", "wrong"),
    [
        ("plain", "starttls", "does not offer STARTTLS"),
        ("plain", "implicit_tls", "does not begin with TLS"),
        ("starttls", "implicit_tls", "does not begin with TLS"),
        ("implicit_tls", "starttls", "the connection stands, and the answer timed out"),
    ],
)
def test_doctor_names_tls_that_does_not_fit(
    offered: str, wanted: str, wrong: str, certificate: ssl.SSLContext, use: Use, stack: ExitStack
) -> None:
    server = run(stack, offered, certificate)
    use(server.port, wanted)

    finding = the_finding()

    assert finding.severity is Severity.ERROR
    assert wrong in finding.wrong
    assert finding.mend


def test_doctor_names_a_certificate_that_is_not_trusted(
    certificate: ssl.SSLContext, use: Use, stack: ExitStack
) -> None:
    server = run(stack, "starttls", certificate)
    use(server.port, "starttls")

    assert "is not to be trusted" in the_finding().wrong


def test_doctor_names_a_refused_sign_in_without_the_password(use: Use) -> None:
    with mail_server.running() as server:
        use(server.port, password="wrong-password")

        finding = the_finding()

    assert "refuses the sign-in" in finding.wrong
    assert finding.seen.startswith(f"{HOST}:{server.port}: 535")
    assert "wrong-password" not in str(finding)


def test_doctor_names_a_server_that_takes_no_sign_in(use: Use) -> None:
    with mail_server.running(takes_sign_in=False) as server:
        use(server.port)

        assert "takes no sign-in" in the_finding().wrong


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 1), ("mail.invalid", 587)])
def test_doctor_names_a_server_that_cannot_be_reached(host: str, port: int, use: Use) -> None:
    use(port, host=host)

    finding = the_finding()

    assert (finding.severity, finding.lesson) == (Severity.ERROR, "env-required-settings")
    assert "cannot be reached" in finding.wrong
    assert finding.seen.startswith(f"{host}:{port}: ")


@pytest.mark.parametrize(
    ("failure", "wrong"),
    [
        (ConnectionResetError("Connection reset by peer"), "breaks off the conversation"),
        (smtplib.SMTPServerDisconnected("Connection unexpectedly closed"), "breaks off the conversation"),
        (smtplib.SMTPNotSupportedError("SMTP AUTH extension not supported by server."), "takes no sign-in"),
    ],
)
def test_doctor_names_what_aiosmtpd_never_does(
    failure: OSError, wrong: str, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = get_connection("django.core.mail.backends.locmem.EmailBackend")
    monkeypatch.setattr(connection, "open", Mock(side_effect=failure))
    monkeypatch.setattr(rule, "get_connection", lambda **_options: connection)
    with mail_server.running() as server:
        use(server.port)

        assert wrong in the_finding().wrong


# --- from the worker, which answers no request ---


@pytest.mark.django_db(transaction=True)
def test_worker_sends_links_with_the_address_of_the_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = UserFactory.create(email_verified_at=None)
    log = tmp_path / "log"
    with mail_server.running() as server:
        credentials = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
        monkeypatch.setenv("EMAIL_URL", f"smtp://{credentials}@{HOST}:{server.port}")
        monkeypatch.setenv("SITE_URL", "https://shop.example.com")
        with processes.worker(log):
            enqueue_on_commit("users.send_verification", user_id=user.pk)
            processes.wait_until(lambda: server.messages, log=log)

    [message] = server.messages
    text = message.get_body(("plain",))
    assert text is not None
    assert "https://shop.example.com/account/verify-email/?token=" in text.get_content()
    assert message["To"] == user.email
    assert server.said == ["AUTH", "QUIT"]
    assert '"waited_seconds": ' in log.read_text()
