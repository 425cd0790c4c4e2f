"""The text part of e-mails, and which failures may pass; for the way to a server see tests/test_mail.py."""

import smtplib
import ssl

import pytest
from django.core import mail
from django.template import engines
from pytest_django.fixtures import Settings

from apps.core.mail import MailRefused, MailUnavailable, send_mail, text_of, told_apart


def rendered(content: str, **context: object) -> str:
    extending = '{% extends "core/mail.html" %}{% block content %}' + content + "{% endblock %}"
    return str(engines["django"].from_string(extending).render(context))


def test_text_says_what_the_html_says_in_paragraphs_and_lines() -> None:
    html = rendered(
        "<h1>Thank <em>you</em>!</h1>\n<p>One,\n  two<br>three</p><style>p {}</style>"
        "<table><tr><th>Nights</th><td>3</td></tr><tr><th>Price</th><td>7</td></tr></table>"
        "<ul><li>bread</li><li>salt</li></ul>"
    )

    assert text_of(html) == "Thank you!\n\nOne, two\nthree\n\nNights 3\nPrice 7\n\nbread\nsalt\n"


def test_text_writes_the_address_of_a_link_out() -> None:
    button = '{% include "core/mail_button.html" with label="Look" %}'

    text = text_of(rendered(button, link="https://shop.example.com/?a=1&b=2"))

    assert text == "Look:\nhttps://shop.example.com/?a=1&b=2\n"


def test_what_people_typed_is_text_in_both_parts() -> None:
    typed = "<script>alert(1)</script> & \x1e\n<p>more"
    html = rendered("<p>{{ typed }}</p>", typed=typed)

    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp;" in html
    assert text_of(html) == "<script>alert(1)</script> & <p>more\n"


def test_nothing_is_loaded_from_elsewhere() -> None:
    frame = rendered("")

    assert "http" not in frame
    assert not any(word in frame for word in ("<img", "<link", "url(", "@import"))


def test_header_cannot_be_broken_and_the_machine_is_not_named(settings: Settings) -> None:
    settings.SITE_URL = "http://localhost:8000"

    for _ in range(2):
        send_mail(
            to="a@example.com", subject="One\r\nBcc: all@example.com", template="core/mail.html", context={}
        )

    first, second = mail.outbox
    assert first.subject == "One Bcc: all@example.com"
    assert first.recipients() == ["a@example.com"]
    ids = [message.extra_headers["Message-ID"] for message in (first, second)]
    assert ids[0] != ids[1]
    assert all(message_id.endswith("@localhost>") for message_id in ids)


@pytest.mark.parametrize(
    "failure",
    [
        ConnectionRefusedError("refused"),
        TimeoutError("timed out"),
        smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
        smtplib.SMTPConnectError(421, "too busy"),
        smtplib.SMTPConnectError(-1, "hung up"),
        smtplib.SMTPAuthenticationError(454, b"try again later"),
        smtplib.SMTPRecipientsRefused({"a@example.com": (450, b"busy")}),
        smtplib.SMTPRecipientsRefused({"a@example.com": (550, b"unknown"), "b@example.com": (450, b"busy")}),
    ],
)
def test_failure_that_may_pass_asks_to_be_tried_again(failure: OSError) -> None:
    with pytest.raises(MailUnavailable, match=type(failure).__name__), told_apart():
        raise failure


@pytest.mark.parametrize(
    "failure",
    [
        smtplib.SMTPAuthenticationError(535, b"wrong password"),
        smtplib.SMTPSenderRefused(553, b"not yours", "noreply@example.com"),
        smtplib.SMTPRecipientsRefused({"a@example.com": (550, b"unknown")}),
        smtplib.SMTPDataError(554, b"spam"),
        smtplib.SMTPNotSupportedError("STARTTLS extension not supported by server."),
        ssl.SSLError("WRONG_VERSION_NUMBER"),
    ],
)
def test_failure_that_stays_does_not(failure: OSError) -> None:
    with pytest.raises(MailRefused, match=type(failure).__name__), told_apart():
        raise failure
