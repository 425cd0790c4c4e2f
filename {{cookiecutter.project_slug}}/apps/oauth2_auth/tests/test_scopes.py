"""What a token may do: its scope, whatever the view's own permissions are."""

import json
from typing import Any

from django.test import RequestFactory
from oauth2_provider.models import Application
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from apps.oauth2_auth.services import ClientKind, register_client
from apps.oauth2_auth.tests.dance import ME, App
from apps.users.models import User
from apps.users.services import change_password
from apps.users.tests.factories import PASSWORD, UserFactory

NEW_NAME = json.dumps({"name": "Grace"})


class CarelessView(APIView):
    """Its author thought of everything but scopes."""

    permission_classes = (AllowAny,)

    def post(self, request: Request) -> Response:
        return Response("written")


def token_for(app: App, user: User, scope: str) -> str:
    token: str = app.exchange(app.obtain_code(user, scope=scope)).json()["access_token"]
    return token


def test_a_token_to_read_does_not_write(app: App, user: User) -> None:
    token = token_for(app, user, "read")

    answer = app.call(token, "PATCH", data=NEW_NAME)

    assert app.call(token).status_code == 200
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == (
        'Bearer realm="api",error="insufficient_scope",'
        'error_description="The access token is valid but does not have enough scope.",scope="write"'
    )
    user.refresh_from_db()
    assert user.name == "Ada Lovelace"


def test_a_token_to_write_does_not_read(app: App, user: User) -> None:
    token = token_for(app, user, "write")

    assert app.call(token, "PATCH", data=NEW_NAME).status_code == 200
    assert app.call(token).status_code == 403


def test_a_client_that_asks_for_no_scope_may_read(app: App, user: User) -> None:
    token = token_for(app, user, "")

    assert app.call(token).status_code == 200
    assert app.call(token, "PATCH", data=NEW_NAME).status_code == 403


def test_a_view_with_permissions_of_its_own_asks_for_the_scope_too(
    app: App, user: User, rf: RequestFactory
) -> None:
    token = token_for(app, user, "read")

    answer = CarelessView.as_view()(rf.post("/", headers={"Authorization": f"Bearer {token}"}))

    assert answer.status_code == 403


def test_a_session_has_no_scopes(user: User, anonymous: APIClient) -> None:
    anonymous.login(username=user.email, password=PASSWORD)

    assert anonymous.patch(ME, {"name": "Grace"}).status_code == 200


def test_a_session_does_not_help_a_token_that_is_refused(user: User, anonymous: APIClient) -> None:
    anonymous.login(username=user.email, password=PASSWORD)

    assert anonymous.get(ME, HTTP_AUTHORIZATION="Bearer nonsense").status_code == 401


def ask_as_service(service: App, **form: str) -> Any:
    return service.post("/oauth2/token/", {"grant_type": "client_credentials", **form})


def test_a_service_acts_for_its_account_within_its_scope(service: App, user: User) -> None:
    answer = ask_as_service(service, scope="read").json()

    assert (answer["scope"], "refresh_token" in answer) == ("read", False)
    assert service.call(answer["access_token"]).json()["email"] == user.email
    assert service.call(answer["access_token"], "PATCH", data=NEW_NAME).status_code == 403


def test_a_service_gets_what_it_asked_for(service: App) -> None:
    answer = ask_as_service(service, scope="read write").json()

    assert service.call(answer["access_token"], "PATCH", data=NEW_NAME).status_code == 200
    assert ask_as_service(service, scope="admin").json()["error"] == "invalid_scope"


def test_a_service_stops_with_its_account(service: App, user: User) -> None:
    token = ask_as_service(service).json()["access_token"]

    User.objects.filter(pk=user.pk).update(is_active=False)

    assert service.call(token).status_code == 401
    assert ask_as_service(service).json()["error"] == "unauthorized_client"


def test_a_new_password_of_its_account_ends_the_tokens_of_a_service(service: App, user: User) -> None:
    token = ask_as_service(service).json()["access_token"]

    change_password(user=user, current_password=PASSWORD, new_password="a-new-and-longer-one")

    assert service.call(token).status_code == 401
    assert ask_as_service(service).status_code == 200


def test_a_service_without_an_account_gets_no_token(service: App) -> None:
    Application.objects.update(user=None)

    assert ask_as_service(service).json()["error"] == "unauthorized_client"


def test_a_client_of_people_gets_no_token_for_itself(web: App, app: App) -> None:
    assert ask_as_service(web).json()["error"] == "unauthorized_client"
    assert ask_as_service(app).status_code == 401


def test_a_client_that_acts_for_people_does_not_act_for_who_registered_it(user: User) -> None:
    owner = UserFactory.create()
    client, _ = register_client(
        name="Trip planner",
        kind=ClientKind.APP,
        redirect_uris=["https://client.example/callback"],
        account=owner,
    )
    app = App(client.client_id)

    token = token_for(app, user, "read")

    assert app.call(token).json()["email"] == user.email
