"""The mail catcher: what is printed, kept and shown; and that servers do not have it."""

import io
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.test import Client
from pytest_django.fixtures import Settings

from devtools.mails import mailbox
from tests.processes import production_environment, run_python

BACKEND = "devtools.mails.mailbox.EmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def browser(settings: Settings, tmp_path: Path) -> Client:
    """A browser on a development machine, where nothing was sent yet."""
    settings.EMAIL_FILE_PATH = tmp_path / "mails"
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "devtools.mails"]
    settings.ROOT_URLCONF = "config.urls_local"
    return Client()


def send(subject: str = "Welcome", html: str = "<p>Hello <b>Ada</b></p>") -> str:
    """Send an e-mail; what was printed."""
    terminal = io.StringIO()
    connection = get_connection(BACKEND, stream=terminal)
    message = EmailMultiAlternatives(subject, "Hello Ada\n", "shop@example.com", ["ada@example.com"])
    message.attach_alternative(html, "text/html")
    assert connection.send_messages([message]) == 1
    return terminal.getvalue()


def test_mail_is_printed_as_people_read_it(browser: Client) -> None:
    printed = send()

    assert printed == (
        "Subject: Welcome\nFrom: shop@example.com\nTo: ada@example.com\n\nHello Ada\n" + "-" * 79 + "\n"
    )


def test_page_lists_what_was_sent_the_newest_first(browser: Client) -> None:
    assert "There is none yet." in browser.get("/mails/").content.decode()
    for subject in ("One", "Two", "<b>Three</b>"):
        send(subject)

    page = browser.get("/mails/").content.decode()

    places = [page.index(subject) for subject in ("&lt;b&gt;Three&lt;/b&gt;", ">Two<", ">One<")]
    assert places == sorted(places)
    assert "ada@example.com" in page


def test_mail_is_shown_as_html_and_as_text(browser: Client) -> None:
    send()
    [kept] = mailbox.newest_first()

    page = browser.get(f"/mails/{kept.name}/").content.decode()

    assert f'<iframe title="The HTML part" src="/mails/{kept.name}/html/">' in page
    assert "<pre>Hello Ada\n</pre>" in page
    assert browser.get(f"/mails/{kept.name}/html/").content.decode().strip() == "<p>Hello <b>Ada</b></p>"


def test_html_part_is_locked_in(browser: Client) -> None:
    send(html="<script src=https://evil.example/></script>")
    [kept] = mailbox.newest_first()

    response = browser.get(f"/mails/{kept.name}/html/")

    policy = response["Content-Security-Policy"].split("; ")
    sandbox = "sandbox allow-popups allow-popups-to-escape-sandbox"
    assert {"default-src 'none'", "frame-ancestors 'self'", sandbox} <= set(policy)
    assert not any(directive.startswith("script-src") for directive in policy)
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_link_of_a_mail_opens_outside_of_the_frame(browser: Client) -> None:
    send(html="<html><head><title>Hello</title></head><body><a href='/'>Open</a></body></html>")
    [kept] = mailbox.newest_first()

    page = browser.get(f"/mails/{kept.name}/html/").content.decode()

    assert page.startswith('<html><head><base target="_blank"><title>Hello</title></head>')


def test_mail_without_html_is_shown_too(browser: Client) -> None:
    get_connection(BACKEND, stream=io.StringIO()).send_messages([EmailMessage("Plain", "Only text")])
    [kept] = mailbox.newest_first()

    page = browser.get(f"/mails/{kept.name}/").content.decode()

    assert "Only text" in page
    assert "iframe" not in page


@pytest.mark.parametrize("name", ["..%2F..%2F.env", "20300101T000000000000-" + "0" * 32, "x"])
def test_nothing_else_is_shown(browser: Client, name: str) -> None:
    assert browser.get(f"/mails/{name}/").status_code == 404


def test_oldest_are_let_go(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "KEPT", 2)
    for subject in ("One", "Two", "Three"):
        send(subject)

    assert [kept.subject for kept in mailbox.newest_first()] == ["Three", "Two"]


def test_files_are_for_their_owner_only(browser: Client) -> None:
    send()

    assert [file.stat().st_mode & 0o777 for file in mailbox.files()] == [0o600]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("settings_module", "email_url", "backend"),
    [
        ("config.settings.local", None, BACKEND),
        ("config.settings.local", "smtp://localhost:1025", SMTP),
        ("config.settings.production", "smtp://mail.example.com", SMTP),
    ],
)
def test_catcher_works_on_a_development_machine_only(
    settings_module: str, email_url: str | None, backend: str
) -> None:
    program = (
        "import config, django, sys; django.setup();"
        "from django.conf import settings; from django.urls import get_resolver;"
        "get_resolver().url_patterns; print(settings.EMAIL_BACKEND, 'devtools' in sys.modules)"
    )
    environment = production_environment(DJANGO_SETTINGS_MODULE=settings_module, EMAIL_URL=email_url)

    result = run_python("-c", program, environment=environment)

    assert result.stdout == f"{backend} {settings_module == 'config.settings.local'}\n", result.stderr
