"""A client, as others would write it: over plain HTTP, with nothing of the server's Python.

RFC 6749, section 4.1, with the proof of RFC 7636.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from apps.users.models import User
from apps.users.tests.factories import PASSWORD

CALLBACK = "https://client.example/callback"
AUTHORIZE, TOKEN, REVOKE = "/oauth2/authorize/", "/oauth2/token/", "/oauth2/revoke_token/"
ME = "/api/v1/users/me/"


def s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@dataclass
class App:
    """A registered client, and the browser that it sends people to."""

    client_id: str
    secret: str = ""
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    browser: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))
    http: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def request(self, **changes: str | None) -> str:
        """The address of an authorization request; None leaves a parameter out."""
        parameters = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": "read write",
            "state": "kept by the client",
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"{AUTHORIZE}?{urlencode({name: value for name, value in parameters.items() if value})}"

    def sign_in(self, user: User, *, on_the_way_to: str) -> Any:
        """Be sent to the page to sign in, and fill it in."""
        page = self.browser.get(on_the_way_to, follow=True)
        form = {
            "username": user.email,
            "password": PASSWORD,
            "next": page.context["next"],
            "csrfmiddlewaretoken": self.browser.cookies["csrftoken"].value,
        }
        return self.browser.post(page.request["PATH_INFO"], form)

    def answer(self, address: str, *, allow: bool = True) -> Any:
        """Look at the page that asks, and press a button."""
        page = self.browser.get(address)
        assert page.status_code == 200, page.content
        form = {name: value for name, value in page.context["form"].initial.items() if value is not None}
        form["csrfmiddlewaretoken"] = self.browser.cookies["csrftoken"].value
        return self.browser.post(address, {**form, **({"allow": "yes"} if allow else {})})

    def obtain_code(self, user: User, **changes: str | None) -> str:
        """Let ``user`` sign in and allow; the code that comes back."""
        address = self.request(**changes)
        if "sessionid" not in self.browser.cookies:
            self.sign_in(user, on_the_way_to=address)
        answer = self.answer(address)
        assert answer.status_code == 302, answer.content
        return query_of(answer.headers["Location"])["code"]

    def exchange(self, code: str, **changes: str) -> Any:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": self.verifier,
            **changes,
        }
        return self.post(TOKEN, form)

    def refresh(self, refresh_token: str) -> Any:
        return self.post(TOKEN, {"grant_type": "refresh_token", "refresh_token": refresh_token})

    def revoke(self, token: str) -> Any:
        return self.post(REVOKE, {"token": token})

    def post(self, address: str, form: dict[str, str]) -> Any:
        """Call the provider as a server does: no cookies, and the client's own proof."""
        headers = {}
        if self.secret:
            pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            form = {**form, "client_id": self.client_id}
        content = urlencode(form)
        return self.http.post(
            address, content, content_type="application/x-www-form-urlencoded", headers=headers
        )

    def call(self, access_token: str, method: str = "GET", address: str = ME, data: Any = None) -> Any:
        return self.http.generic(
            method,
            address,
            data or "",
            content_type="application/json",
            headers={"Authorization": f"Bearer {access_token}"},
        )
