"""Authorization code with PKCE: allow, exchange, call, refresh, revoke, be refused."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from oauth2_provider.models import AccessToken, Application, Grant, RefreshToken

from apps.oauth2_auth import tasks
from apps.oauth2_auth.tests.dance import CALLBACK, ME, App, query_of
from apps.users.models import User
from apps.users.services import change_password, deactivate
from apps.users.tests.factories import PASSWORD

LESSON = "oauth2-pkce"
METADATA = "/.well-known/oauth-authorization-server"


def tokens_of(answer: Any) -> tuple[str, str]:
    assert answer.status_code == 200, answer.content
    return answer.json()["access_token"], answer.json()["refresh_token"]


@pytest.mark.lesson(LESSON)
@pytest.mark.parametrize("kind", ["app", "web"])
def test_whole_life_of_a_permission(kind: str, user: User, request: pytest.FixtureRequest) -> None:
    client: App = request.getfixturevalue(kind)
    address = client.request()

    signed_in = client.sign_in(user, on_the_way_to=address)
    assert (signed_in.status_code, signed_in.headers["Location"]) == (302, address)
    allowed = client.answer(address)
    assert (allowed.status_code, allowed.headers["Location"].split("?")[0]) == (302, CALLBACK)
    assert query_of(allowed.headers["Location"])["state"] == "kept by the client"

    exchanged = client.exchange(query_of(allowed.headers["Location"])["code"])
    assert exchanged.headers["Cache-Control"] == "no-store"
    access, refresh = tokens_of(exchanged)
    assert client.call(access).json()["email"] == user.email

    new_access, new_refresh = tokens_of(client.refresh(refresh))
    assert client.call(access).status_code == 401
    assert client.call(new_access).status_code == 200

    assert client.revoke(new_refresh).status_code == 200
    assert client.call(new_access).status_code == 401
    assert client.refresh(new_refresh).json()["error"] == "invalid_grant"


def test_the_answer_names_who_gave_it(app: App, user: User) -> None:
    app.sign_in(user, on_the_way_to=app.request())

    location = app.answer(app.request()).headers["Location"]

    # RFC 9207: so a client that knows several providers cannot mix them up.
    assert query_of(location)["iss"] == app.http.get(METADATA).json()["issuer"]


@pytest.mark.lesson(LESSON)
def test_a_request_without_a_challenge_is_sent_back_with_the_reason(app: App, user: User) -> None:
    app.browser.login(username=user.email, password=PASSWORD)

    answer = app.browser.get(app.request(code_challenge=None, code_challenge_method=None))

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(
        f"{CALLBACK}?error=invalid_request&error_description=Code+challenge+required."
    )


@pytest.mark.lesson(LESSON)
@pytest.mark.parametrize("method", ["plain", None])
def test_a_challenge_that_is_the_verifier_itself_is_refused(app: App, method: str | None) -> None:
    answer = app.browser.get(app.request(code_challenge=app.verifier, code_challenge_method=method))

    assert answer.status_code == 302
    assert query_of(answer.headers["Location"])["error"] == "invalid_request"


@pytest.mark.lesson(LESSON)
def test_a_stolen_code_is_worth_nothing_without_the_verifier(app: App, user: User) -> None:
    code = app.obtain_code(user)

    wrong = app.exchange(code, code_verifier="x" * 64)
    missing = app.exchange(code, code_verifier="")

    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_grant")
    assert missing.status_code == 400
    assert not AccessToken.objects.exists()


@pytest.mark.lesson(LESSON)
def test_a_code_works_once(app: App, user: User) -> None:
    code = app.obtain_code(user)
    app.exchange(code)

    again = app.exchange(code)

    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_a_code_dies_within_a_minute_or_so(app: App, user: User) -> None:
    code = app.obtain_code(user)

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        answer = app.exchange(code)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.lesson(LESSON)
@pytest.mark.parametrize(
    "address",
    [
        f"{CALLBACK}/",
        f"{CALLBACK}?more=1",
        f"{CALLBACK}#part",
        "https://client.example",
        "https://evil.example/callback",
        "https://client.example@evil.example/callback",
        "http://client.example/callback",
        "http://[",
        "javascript:alert(1)",
    ],
)
def test_a_redirect_address_that_is_not_registered_gets_no_redirect(
    app: App, user: User, address: str
) -> None:
    app.browser.login(username=user.email, password=PASSWORD)

    answer = app.browser.get(app.request(redirect_uri=address))

    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert "This request is not valid" in answer.content.decode()


def test_another_redirect_address_at_the_exchange_is_refused(app: App, user: User) -> None:
    code = app.obtain_code(user)

    answer = app.exchange(code, redirect_uri="https://evil.example/callback")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_person_who_cancels_sends_back_a_refusal(app: App, user: User) -> None:
    app.sign_in(user, on_the_way_to=app.request())

    answer = app.answer(app.request(), allow=False)

    assert query_of(answer.headers["Location"])["error"] == "access_denied"
    assert not Grant.objects.exists()


def test_the_clients_mistakes_are_told_before_anybody_signs_in(app: App) -> None:
    unknown_scope = app.browser.get(app.request(scope="admin"))
    unknown_client = app.browser.get(app.request(client_id="nobody"))

    assert query_of(unknown_scope.headers["Location"])["error"] == "invalid_scope"
    assert unknown_client.status_code == 400


@pytest.mark.parametrize("response_type", ["token", "id_token", "code token"])
def test_tokens_never_travel_in_an_address(app: App, user: User, response_type: str) -> None:
    app.browser.login(username=user.email, password=PASSWORD)

    answer = app.browser.get(app.request(response_type=response_type))

    assert query_of(answer.headers["Location"])["error"] in (
        "unauthorized_client",
        "unsupported_response_type",
    )


def test_no_client_may_ask_for_passwords(web: App, user: User) -> None:
    Application.objects.update(authorization_grant_type=Application.GRANT_PASSWORD)

    answer = web.post(
        "/oauth2/token/", {"grant_type": "password", "username": user.email, "password": PASSWORD}
    )

    assert (answer.status_code, answer.json()["error"]) == (400, "unauthorized_client")


def test_a_wrong_secret_is_refused(web: App, user: User) -> None:
    code = web.obtain_code(user)
    # What somebody would find in the database.
    web.secret = Application.objects.get().client_secret

    answer = web.exchange(code)

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_refresh_token_that_comes_a_second_time_ends_the_whole_family(app: App, user: User) -> None:
    _, stolen = tokens_of(app.exchange(app.obtain_code(user)))
    access, refresh = tokens_of(app.refresh(stolen))

    again = app.refresh(stolen)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert app.call(access).status_code == 401
    assert app.refresh(refresh).json()["error"] == "invalid_grant"


def test_revoking_the_access_token_ends_its_refresh_token_too(app: App, user: User) -> None:
    access, refresh = tokens_of(app.exchange(app.obtain_code(user)))

    app.revoke(access)

    assert app.call(access).status_code == 401
    assert app.refresh(refresh).status_code == 400


def test_a_client_cannot_revoke_anothers_token(app: App, web: App, user: User) -> None:
    access, _ = tokens_of(app.exchange(app.obtain_code(user)))

    assert web.revoke(access).status_code == 200

    assert app.call(access).status_code == 200


def test_an_access_token_expires_and_says_so(app: App, user: User) -> None:
    access, refresh = tokens_of(app.exchange(app.obtain_code(user)))

    with time_machine.travel(timezone.now() + timedelta(hours=1, seconds=1)):
        answer = app.call(access)
        renewed = app.refresh(refresh)

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert answer.json()["detail"] == "The access token has expired."
    assert renewed.status_code == 200


def test_a_refresh_token_that_nobody_used_expires(app: App, user: User) -> None:
    _, refresh = tokens_of(app.exchange(app.obtain_code(user)))

    with time_machine.travel(timezone.now() + timedelta(days=14, hours=1, seconds=1)):
        assert app.refresh(refresh).status_code == 400


def test_a_new_password_ends_every_permission(app: App, user: User) -> None:
    access, refresh = tokens_of(app.exchange(app.obtain_code(user)))
    code = app.obtain_code(user)

    change_password(user=user, current_password=PASSWORD, new_password="a-new-and-longer-one")

    assert app.call(access).status_code == 401
    assert app.refresh(refresh).status_code == 400
    assert app.exchange(code).status_code == 400


def test_a_deactivated_account_loses_every_permission(app: App, user: User) -> None:
    app.exchange(app.obtain_code(user))

    deactivate(user=user)

    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()


@pytest.mark.parametrize("unable", [{"is_active": False}, {"email_verified_at": None}])
def test_an_account_that_may_not_sign_in_has_no_use_of_what_it_has(
    app: App, user: User, unable: dict[str, object]
) -> None:
    access, refresh = tokens_of(app.exchange(app.obtain_code(user)))
    code = app.obtain_code(user)

    # Past every service that would revoke them.
    User.objects.filter(pk=user.pk).update(**unable)

    assert app.call(access).status_code == 401
    assert app.refresh(refresh).json()["error"] == "invalid_grant"
    assert app.exchange(code).json()["error"] == "invalid_grant"


def test_the_database_has_nothing_that_opens_the_api(web: App, user: User) -> None:
    access, refresh = tokens_of(web.exchange(web.obtain_code(user)))

    kept = [AccessToken.objects.values().get(), RefreshToken.objects.values().get()]
    kept.append(Application.objects.values().get())

    assert not any(secret in str(kept) for secret in (access, refresh, web.secret))


def test_the_scheduled_task_deletes_what_is_good_for_nothing(app: App, user: User) -> None:
    app.exchange(app.obtain_code(user))
    app.obtain_code(user)

    with time_machine.travel(timezone.now() + timedelta(days=15)):
        tasks.clear_expired_tokens()

    assert [model.objects.count() for model in (AccessToken, RefreshToken, Grant)] == [0, 0, 0]


@pytest.mark.lesson(LESSON)
def test_settings_keep_to_the_best_current_practice() -> None:
    provider = settings.OAUTH2_PROVIDER

    assert provider["PKCE_REQUIRED"] is True
    assert provider["ALLOWED_REDIRECT_URI_SCHEMES"] == ["https"]
    assert all(value for name, value in provider.items() if name.startswith("COMPLIANT_"))


def test_the_metadata_promises_what_is_kept(app: App) -> None:
    metadata = app.http.get(METADATA).json()

    assert metadata["response_types_supported"] == ["code"]
    assert metadata["grant_types_supported"] == ["authorization_code", "client_credentials", "refresh_token"]
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["scopes_supported"] == ["read", "write"]
    assert metadata["token_endpoint"] == "http://testserver/oauth2/token/"  # pragma: allowlist secret


def test_a_call_without_a_token_is_asked_for_one(app: App) -> None:
    answer = app.http.get(ME)

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="api"')


@pytest.mark.parametrize("wrong", ["", "nonsense", "a b", "\xff\xfe", "\x00"])
def test_what_is_no_token_is_answered_401_with_the_reason(app: App, wrong: str) -> None:
    answer = app.call(wrong)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="api",error="invalid_token",error_description="The access token is invalid."'
    )
    assert answer.json()["code"] == "authentication_failed"


def test_a_token_in_the_address_or_the_body_is_not_read(app: App, user: User) -> None:
    access, _ = tokens_of(app.exchange(app.obtain_code(user)))

    in_the_address = app.http.get(f"{ME}?access_token={access}")
    in_the_body = app.http.post(ME, {"access_token": access})

    assert (in_the_address.status_code, in_the_body.status_code) == (401, 401)
