"""Send e-mail: one template each, as HTML and as text, and failures told apart by what helps.

A template extends ``core/mail.html`` and is the only source: the text is read out of the HTML, so the two
cannot say different things. Django escapes what stands in it; nothing is loaded from elsewhere.
"""

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html.parser import HTMLParser
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

# Replies of this class ask to try again, those of 5xx not to (RFC 5321, section 4.2.1).
TRY_AGAIN = range(400, 500)
WHITE_SPACE = re.compile(r"\s")
# Between paragraphs. White space itself (it is a separator of records), so no text can hold one.
GAP = "\x1e"


class MailError(Exception):
    """An e-mail was not accepted by the mail server."""


class MailUnavailable(MailError):
    """Trying again later may help: no connection, no answer in time, or a reply of 4xx."""


class MailRefused(MailError):
    """Trying again changes nothing: the sign-in, the sender, a recipient or the message is refused."""


def send_mail(*, to: str, subject: str, template: str, context: Mapping[str, object], key: str = "") -> None:
    """Send one e-mail to one address.

    Args:
        to: The address.
        subject: One line; line breaks, which a header must not have, become spaces.
        template: Extends ``core/mail.html``.
        context: For the template, which also gets ``subject`` and ``site``, the host name of this site.
        key: Names what the e-mail is about. The same key gives the same Message-ID, by which mailboxes
            recognise a second copy: a server may have accepted a message whose acknowledgement was lost.

    Raises:
        MailUnavailable: It may work later.
        MailRefused: It will not.
    """
    subject = " ".join(subject.split())
    site = urlsplit(settings.SITE_URL).netloc
    html = render_to_string(template, {**context, "subject": subject, "site": site})
    message = EmailMultiAlternatives(
        subject=subject,
        body=text_of(html),
        to=[to],
        headers={
            # Without one, Django writes the name of this machine into it.
            "Message-ID": f"<{key or uuid4().hex}@{urlsplit(settings.SITE_URL).hostname}>",
            # Keeps notices of absence from being sent to us (RFC 3834).
            "Auto-Submitted": "auto-generated",
        },
    )
    message.attach_alternative(html, "text/html")
    with told_apart():
        message.send()


@contextmanager
def told_apart() -> Iterator[None]:
    """Turn what SMTP raises inside the block into ``MailUnavailable`` or ``MailRefused``."""
    try:
        yield
    except OSError as failure:
        kind = MailUnavailable if is_temporary(failure) else MailRefused
        raise kind(f"{type(failure).__name__}: {failure}") from failure


def is_temporary(failure: OSError) -> bool:
    """Whether the same e-mail may be accepted later. All of smtplib's errors are OSErrors, too."""
    match failure:
        case smtplib.SMTPServerDisconnected():
            return True
        case smtplib.SMTPResponseException():  # the sign-in, the sender, the message
            # smtplib knows no code where the server hung up in mid-sentence, and then says -1.
            return failure.smtp_code in TRY_AGAIN or failure.smtp_code < 0
        case smtplib.SMTPRecipientsRefused():  # all of them, so nobody gets it twice
            return any(code in TRY_AGAIN for code, _ in failure.recipients.values())
        # The server cannot do what was asked, its certificate is not to be trusted, TLS met no TLS.
        case smtplib.SMTPException() | ssl.SSLError():
            return False
        case _:  # no connection, or none in time
            return True


def text_of(html: str) -> str:
    """Return what an HTML message says, as text: a paragraph for each block, addresses written out."""
    reader = TextReader()
    reader.feed(html)
    reader.close()
    paragraphs = (tidy(paragraph) for paragraph in "".join(reader.pieces).split(GAP))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph) + "\n"


def tidy(paragraph: str) -> str:
    lines = (" ".join(line.split()) for line in paragraph.split("\n"))
    return "\n".join(line for line in lines if line)


class TextReader(HTMLParser):
    """Collects the text of the body: GAP between blocks, a line break for a new line."""

    BLOCKS = frozenset({"blockquote", "div", "h1", "h2", "h3", "ol", "p", "table", "ul"})
    LINES = frozenset({"br", "li", "tr"})
    SILENT = frozenset({"script", "style", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.is_silent = False
        self.link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT:
            self.is_silent = True
        elif tag in self.BLOCKS:
            self.pieces.append(GAP)
        elif tag in self.LINES:
            self.pieces.append("\n")
        elif tag == "a":
            self.link = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT:
            self.is_silent = False
        elif tag in self.BLOCKS:
            self.pieces.append(GAP)
        elif tag in ("td", "th"):
            self.pieces.append(" ")
        elif tag == "a" and self.link:
            self.pieces.append(f":\n{self.link}")
            self.link = ""

    def handle_data(self, data: str) -> None:
        if not self.is_silent:
            self.pieces.append(WHITE_SPACE.sub(" ", data))
