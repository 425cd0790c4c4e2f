"""The life of an account, walked with plain HTTP calls, for each way of signing in."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from conftest import Bake
from running import Up, starter

pytestmark = pytest.mark.slow

EMAIL = "ada@example.com"
PASSWORD = "difference-engine-1843"
NEW_PASSWORD = "analytical-engine-1837"
SECONDS = 30


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

    def token_in_mail(self, page: str) -> str:
        """The token of the newest link to a page, as the console back end wrote it."""
        self.up.wait_for_log(f"/{page}/?token=")
        return re.findall(rf"/{page}/\?token=([\w:.-]+)", self.up.log.read_text())[-1]


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


def sign_up_and_verify(visitor: Visitor, refused: Callable[[], requests.Response]) -> None:
    """Walk to an account that may sign in; ``refused`` tries to, before it may."""
    signed_up = visitor.post("/api/v1/auth/sign-up/", email=EMAIL, password=PASSWORD)
    assert signed_up.status_code == 202, signed_up.text
    token = visitor.token_in_mail("verify-email")
    assert refused().json()["code"] == "email_not_verified"
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

    sign_up_and_verify(visitor, sign_in)
    first = sign_in().json()
    assert visitor.profile("Bearer", first["access"]).json()["email"] == EMAIL

    second = visitor.post("/api/v1/auth/token/refresh/", refresh=first["refresh"]).json()
    assert visitor.profile("Bearer", second["access"]).status_code == 200

    assert visitor.post("/api/v1/auth/sign-out/", refresh=second["refresh"]).status_code == 204
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

    def sign_out(token: str) -> requests.Response:
        address = f"{visitor.up.address}/api/v1/auth/sign-out/"
        header = {"Authorization": f"Token {token}"}
        return visitor.session.post(address, headers=header, timeout=SECONDS)

    sign_up_and_verify(visitor, sign_in)
    phone, laptop = sign_in().json()["token"], sign_in().json()["token"]
    assert visitor.profile("Token", phone).json()["email"] == EMAIL

    assert sign_out(phone).status_code == 204
    assert visitor.profile("Token", phone).status_code == 401
    assert visitor.profile("Token", laptop).status_code == 200

    choose_new_password(visitor)
    assert visitor.profile("Token", laptop).status_code == 401
    assert sign_in().status_code == 401
    assert visitor.profile("Token", sign_in(NEW_PASSWORD).json()["token"]).status_code == 200
