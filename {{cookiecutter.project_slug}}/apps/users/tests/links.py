"""What tests read out of e-mails."""

import re
from urllib.parse import parse_qs, urlsplit

from django.core.mail import EmailMessage

LINK = re.compile(r"https?://\S+")


def link_in(message: EmailMessage) -> str:
    """The only link in a message."""
    [link] = LINK.findall(str(message.body))
    return str(link)


def token_in(message: EmailMessage) -> str:
    """The token that the link in a message carries."""
    [token] = parse_qs(urlsplit(link_in(message)).query)["token"]
    return token
