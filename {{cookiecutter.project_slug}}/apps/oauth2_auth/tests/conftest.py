"""Clients of each kind."""

import pytest
from pytest_django.fixtures import Settings

from apps.oauth2_auth.services import ClientKind, register_client
from apps.oauth2_auth.tests.dance import CALLBACK, App
from apps.users.models import User


@pytest.fixture(autouse=True)
def _let_the_library_repeat_itself(settings: Settings) -> None:
    """It looks one client up several times in a request, but nothing once for each of many."""
    settings.ZEAL_ALLOWLIST = [{"model": "oauth2_provider.*"}, {"model": "*", "field": "get()"}]


@pytest.fixture
def app(db: None) -> App:
    """A client without a secret, as on a phone."""
    client, _ = register_client(name="Trip planner", kind=ClientKind.APP, redirect_uris=[CALLBACK])
    return App(client.client_id)


@pytest.fixture
def web(db: None) -> App:
    """A client whose server keeps a secret."""
    client, secret = register_client(name="Shop", kind=ClientKind.WEB, redirect_uris=[CALLBACK])
    return App(client.client_id, secret)


@pytest.fixture
def service(user: User) -> App:
    """A client that acts for itself, with the rights of ``user``."""
    client, secret = register_client(name="Nightly export", kind=ClientKind.SERVICE, account=user)
    return App(client.client_id, secret)
