"""The pages that people see, under our Content-Security-Policy."""

from html.parser import HTMLParser

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from apps.oauth2_auth.selectors import callback_origin
from apps.oauth2_auth.services import ClientKind, register_client
from apps.oauth2_auth.tests.dance import CALLBACK, App, query_of
from apps.users.models import User
from apps.users.tests.factories import PASSWORD, UserFactory

SIGN_IN = "/oauth2/sign-in/"


class Inline(HTMLParser):
    """Collects what our Content-Security-Policy forbids: scripts, and styles in the page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag in ("script", "style") or "style" in names or any(name.startswith("on") for name in names):
            self.found.append(tag)


def form_action(response: object) -> str:
    policy: str = response.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    return next(part.strip() for part in policy.split(";") if part.strip().startswith("form-action"))


def test_strangers_are_sent_to_sign_in_and_back(app: App) -> None:
    answer = app.browser.get(app.request())

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{SIGN_IN}?next=/oauth2/authorize/")


def test_the_forms_may_lead_to_the_client_and_nowhere_else(app: App, user: User) -> None:
    sign_in = app.browser.get(app.request(), follow=True)
    app.sign_in(user, on_the_way_to=app.request())
    authorize = app.browser.get(app.request())

    assert form_action(sign_in) == "form-action 'self' https://client.example"
    assert form_action(authorize) == "form-action 'self' https://client.example"


@pytest.mark.parametrize(
    "next_page",
    [
        "",
        "/admin/",
        "/oauth2/authorize/?client_id=nobody&redirect_uri=https://evil.example/",
        "/oauth2/authorize/?client_id=%ff&redirect_uri=https://evil.example/",
        "https://evil.example/",
    ],
)
def test_other_ways_to_the_sign_in_leave_the_policy_alone(db: None, client: Client, next_page: str) -> None:
    page = client.get(SIGN_IN, {"next": next_page})

    assert (page.status_code, form_action(page)) == (200, "form-action 'self'")


def test_a_registered_client_with_a_foreign_address_opens_nothing(app: App) -> None:
    assert callback_origin(app.request(redirect_uri="https://evil.example/")) is None
    assert callback_origin(app.request(redirect_uri="http://[")) is None
    assert callback_origin(app.request()) == "https://client.example"


def test_the_pages_need_no_exception_from_the_policy(app: App, user: User) -> None:
    pages = [app.browser.get(app.request(), follow=True)]
    app.sign_in(user, on_the_way_to=app.request())
    pages += [app.browser.get(app.request()), app.browser.get(app.request(client_id="nobody"))]

    assert [Inline(page.content.decode()).found for page in pages] == [[], [], []]


def test_the_page_says_who_asks_for_what_and_who_is_asked(app: App, user: User) -> None:
    app.sign_in(user, on_the_way_to=app.request())

    page = app.browser.get(app.request(scope="read"))

    text = page.content.decode()
    assert "Allow Trip planner?" in text
    assert user.email in text
    assert "Read what you can read" in text
    assert "Change what you can change" not in text
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["X-Frame-Options"] == "DENY"


def test_the_name_of_a_client_cannot_bring_markup(user: User) -> None:
    client, _ = register_client(name="<script>", kind=ClientKind.APP, redirect_uris=[CALLBACK])
    app = App(client.client_id)
    app.sign_in(user, on_the_way_to=app.request())

    assert Inline(app.browser.get(app.request()).content.decode()).found == []


def test_allowing_needs_the_csrf_token(app: App, user: User) -> None:
    app.browser.login(username=user.email, password=PASSWORD)

    answer = app.browser.post(app.request(), {"allow": "yes"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("unable", "reason"),
    [
        ({"is_active": False}, "Please enter a correct"),
        ({"email_verified_at": None}, "Verify your e-mail address first"),
    ],
)
def test_an_account_that_may_not_sign_in_stays_outside(
    app: App, unable: dict[str, object], reason: str
) -> None:
    user = UserFactory.create(**unable)

    page = app.sign_in(user, on_the_way_to=app.request())

    assert page.status_code == 200
    assert page.context["form"].non_field_errors()[0].startswith(reason)


def test_an_account_that_is_deactivated_meanwhile_cannot_allow(app: App, user: User) -> None:
    app.sign_in(user, on_the_way_to=app.request())

    User.objects.filter(pk=user.pk).update(is_active=False)

    assert app.browser.get(app.request()).status_code == 302


def test_signing_in_does_not_lead_to_another_site(user: User, client: Client) -> None:
    form = {"username": user.email, "password": PASSWORD, "next": "https://evil.example/"}

    assert client.post(SIGN_IN, form).headers["Location"] == "/"


def test_somebody_else_can_sign_in_instead(app: App, user: User) -> None:
    address = app.request()
    app.sign_in(user, on_the_way_to=address)
    page = app.browser.get(address)
    form = {"csrfmiddlewaretoken": app.browser.cookies["csrftoken"].value}

    left = app.browser.post(f"/api/session/logout/?next={page.wsgi_request.get_full_path()}", form)

    assert left.status_code == 302
    assert app.browser.get(address).status_code == 302


def test_guessing_is_throttled_by_account(user: User) -> None:
    answers = [
        Client(REMOTE_ADDR=f"198.51.100.{number}").post(
            SIGN_IN, {"username": user.email.upper(), "password": "wrong"}
        )
        for number in range(11)
    ]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert "Too many attempts" in answers[-1].content.decode()


def test_apps_on_the_persons_machine_may_be_called_without_tls_in_development(
    user: User, settings: Settings
) -> None:
    settings.OAUTH2_PROVIDER = {**settings.OAUTH2_PROVIDER, "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"]}
    addresses = ["http://127.0.0.1/callback", "http://client.example/callback"]
    client, _ = register_client(name="Terminal", kind=ClientKind.APP, redirect_uris=addresses)
    app = App(client.client_id)
    app.browser.login(username=user.email, password=PASSWORD)

    # RFC 8252, section 7.3: the port is whatever was free.
    loopback = app.answer(app.request(redirect_uri="http://127.0.0.1:49152/callback"))
    elsewhere = app.browser.get(app.request(redirect_uri="http://client.example/callback"))

    assert loopback.headers["Location"].startswith("http://127.0.0.1:49152/callback?")
    assert "code" in query_of(loopback.headers["Location"])
    assert elsewhere.status_code == 400
