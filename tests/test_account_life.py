"""The life of an account, walked with plain HTTP calls, for each way of signing in."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
import requests

from conftest import Bake
from running import Up, starter

pytestmark = pytest.mark.slow

EMAIL = "ada@example.com"
PASSWORD = "difference-engine-1843"  # pragma: allowlist secret
NEW_PASSWORD = "analytical-engine-1837"  # pragma: allowlist secret
SECONDS = 30


class Form(HTMLParser):
    """The values that stand in a page's form before anybody fills it in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(page.partition("</form>")[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and (name := given.get("name")):
            self.values[name] = given.get("value") or ""


class Visitor:
    """Somebody who talks to a running project, and reads the mail that its worker printed."""

    def __init__(self, up: Up) -> None:
        self.up = up
        self.session = requests.Session()
        self.session.trust_env = False

    def post(self, path: str, **data: str) -> requests.Response:
        return self.session.post(self.up.address + path, json=data, timeout=SECONDS)

    def profile(self, scheme: str, token: str) -> requests.Response:
        header = {"Authorization": f"{scheme} {token}"}
        return self.session.get(f"{self.up.address}/api/v1/users/me/", headers=header, timeout=SECONDS)

    def sign_out(self, scheme: str, token: str) -> requests.Response:
        header = {"Authorization": f"{scheme} {token}"}
        return self.session.post(f"{self.up.address}/api/v1/auth/sign-out/", headers=header, timeout=SECONDS)

    def token_in_mail(self, page: str) -> str:
        """The token of the newest link to a page, as the console back end wrote it."""
        self.up.wait_for_log(f"/{page}/?token=")
        tokens = re.findall(rf"/{page}/\?token=(\S+)", self.up.log.read_text())
        return unquote(tokens[-1])


@pytest.fixture
def visitor(
    request: pytest.FixtureRequest,
    bake: Bake,
    project_environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Visitor]:
    """A visitor of a project whose API signs in as the test's parameter says."""
    project: Path = bake(api_auth=request.param, example="no").project_path
    with starter(project_environment, tmp_path_factory) as start:
        yield Visitor(start(project))


def sign_up_and_verify(visitor: Visitor, try_too_early: Callable[[], str]) -> None:
    """Walk to an account that may sign in; ``try_too_early`` does so before, and returns the answer."""
    signed_up = visitor.post("/api/v1/auth/sign-up/", email=EMAIL, password=PASSWORD)
    assert signed_up.status_code == 202, signed_up.text
    token = visitor.token_in_mail("verify-email")
    assert "verif" in try_too_early().lower()
    assert visitor.post("/api/v1/auth/verify-email/", token=token).status_code == 204
    assert visitor.post("/api/v1/auth/verify-email/", token=token).json()["code"] == "invalid_link"


def choose_new_password(visitor: Visitor) -> None:
    asked = visitor.post("/api/v1/auth/password/reset/", email=EMAIL)
    assert asked.status_code == 202, asked.text
    token = visitor.token_in_mail("reset-password")
    chosen = visitor.post("/api/v1/auth/password/reset/confirm/", token=token, new_password=NEW_PASSWORD)
    assert chosen.status_code == 204, chosen.text


@pytest.mark.parametrize("visitor", ["JWT"], indirect=True)
def test_life_of_an_account_with_json_web_tokens(visitor: Visitor) -> None:
    def sign_in(password: str = PASSWORD) -> requests.Response:
        return visitor.post("/api/v1/auth/token/", email=EMAIL, password=password)

    sign_up_and_verify(visitor, lambda: str(sign_in().json()["code"]))
    first = sign_in().json()
    assert visitor.profile("Bearer", first["access"]).json()["email"] == EMAIL

    second = visitor.post("/api/v1/auth/token/refresh/", refresh=first["refresh"]).json()
    assert visitor.profile("Bearer", second["access"]).status_code == 200

    assert visitor.sign_out("Bearer", second["access"]).status_code == 204
    assert visitor.profile("Bearer", second["access"]).status_code == 401
    assert visitor.post("/api/v1/auth/token/refresh/", refresh=second["refresh"]).status_code == 401

    third = sign_in().json()
    choose_new_password(visitor)
    assert visitor.profile("Bearer", third["access"]).status_code == 401
    assert sign_in().status_code == 401
    assert visitor.profile("Bearer", sign_in(NEW_PASSWORD).json()["access"]).status_code == 200


@pytest.mark.parametrize("visitor", ["Token"], indirect=True)
def test_life_of_an_account_with_opaque_tokens(visitor: Visitor) -> None:
    def sign_in(password: str = PASSWORD) -> requests.Response:
        return visitor.post("/api/v1/auth/token/", email=EMAIL, password=password)

    sign_up_and_verify(visitor, lambda: str(sign_in().json()["code"]))
    phone, laptop = sign_in().json()["token"], sign_in().json()["token"]
    assert visitor.profile("Token", phone).json()["email"] == EMAIL

    assert visitor.sign_out("Token", phone).status_code == 204
    assert visitor.profile("Token", phone).status_code == 401
    assert visitor.profile("Token", laptop).status_code == 200

    choose_new_password(visitor)
    assert visitor.profile("Token", laptop).status_code == 401
    assert sign_in().status_code == 401
    assert visitor.profile("Token", sign_in(NEW_PASSWORD).json()["token"]).status_code == 200


class App:
    """A client of the provider that keeps no secret: a single-page app, or one on a phone."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.callback = "https://app.example.com/callback"
        registered = visitor.up.just(
            "manage", "register_client", "Notes", "app", "--redirect-uri", self.callback
        ).stdout
        self.client_id = re.findall(r"client_id: (\S+)", registered)[0]
        self.verifier = secrets.token_urlsafe(48)

    def address(self) -> str:
        """Where the app sends people to allow it what it wants (RFC 7636, section 4.3)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.callback,
            "scope": "read",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.visitor.up.address}/oauth2/authorize/?{urlencode(query)}"

    def sign_in(self, password: str = PASSWORD) -> requests.Response:
        """What the sign-in page answers; with the right password, the page that asks to allow the app."""
        self.visitor.session.cookies.clear()
        page = self.visitor.session.get(self.address(), timeout=SECONDS)
        form = Form(page.text).values | {"username": EMAIL, "password": password}
        return self.visitor.session.post(page.url, data=form, timeout=SECONDS)

    def allow(self, page: requests.Response) -> str:
        """Allow the app, and return the code that it gets."""
        form = Form(page.text).values | {"allow": "yes"}
        answer = self.visitor.session.post(page.url, data=form, timeout=SECONDS, allow_redirects=False)
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"].startswith(f"{self.callback}?")
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def post(self, path: str, **form: str) -> requests.Response:
        form |= {"client_id": self.client_id}
        return requests.post(f"{self.visitor.up.address}/oauth2/{path}/", data=form, timeout=SECONDS)

    def exchange(self, code: str) -> dict[str, str]:
        answer = self.post(
            "token",
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.callback,
            code_verifier=self.verifier,
        )
        assert answer.status_code == 200, answer.text
        tokens: dict[str, str] = answer.json()
        return tokens

    def refresh(self, token: str) -> requests.Response:
        return self.post("token", grant_type="refresh_token", refresh_token=token)


@pytest.mark.parametrize("visitor", ["OAuth2"], indirect=True)
def test_life_of_an_account_with_this_project_as_the_provider(visitor: Visitor) -> None:
    app = App(visitor)
    sign_up_and_verify(visitor, lambda: app.sign_in().text)
    first = app.exchange(app.allow(app.sign_in()))
    assert visitor.profile("Bearer", first["access_token"]).json()["email"] == EMAIL

    second = app.refresh(first["refresh_token"]).json()
    assert visitor.profile("Bearer", second["access_token"]).status_code == 200

    assert app.post("revoke_token", token=second["refresh_token"]).status_code == 200
    assert visitor.profile("Bearer", second["access_token"]).status_code == 401
    assert app.refresh(second["refresh_token"]).status_code == 400

    third = app.exchange(app.allow(app.sign_in()))
    choose_new_password(visitor)
    assert visitor.profile("Bearer", third["access_token"]).status_code == 401
    assert "password" in app.sign_in().text
    fourth = app.exchange(app.allow(app.sign_in(NEW_PASSWORD)))
    assert visitor.profile("Bearer", fourth["access_token"]).status_code == 200
