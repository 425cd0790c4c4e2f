"""What nobody sends who means well."""

import base64

import pytest

from apps.oauth2_auth.tests.dance import App
from apps.users.models import User

LONG = "x" * 10_000


@pytest.mark.parametrize("client_id", ["\0", "\0" * 300])
def test_an_authorization_request_that_no_database_can_look_up_is_refused(app: App, client_id: str) -> None:
    answer = app.browser.get(app.request(client_id=client_id))
    sign_in = app.browser.get("/oauth2/sign-in/", {"next": app.request(client_id=client_id)})

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert sign_in.status_code == 400


# The database refuses in the middle of a transaction, so the test needs one of its own.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("nonce", [LONG, "\0"])
def test_a_nonce_that_no_database_can_hold_is_refused(app: App, user: User, nonce: str) -> None:
    address = app.request(nonce=nonce)
    app.sign_in(user, on_the_way_to=address)

    assert app.answer(address).status_code == 400


@pytest.mark.parametrize("value", ["\0", LONG, "\udcff"])
def test_a_code_or_a_token_that_cannot_be_one_is_refused(app: App, value: str) -> None:
    value = value.encode("utf-8", "replace").decode()

    assert app.exchange(value).status_code == 400
    assert app.refresh(value).json()["error"] == "invalid_grant"
    assert app.revoke(value).status_code == 200


def test_a_header_that_names_no_client_is_refused(app: App) -> None:
    pair = base64.b64encode(b"\0:secret").decode()

    answer = app.http.post(
        "/oauth2/token/", {"grant_type": "client_credentials"}, headers={"Authorization": f"Basic {pair}"}
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
