"""How a client comes to be: by command, and in the admin."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import Application

from apps.users.models import User
from apps.users.tests.factories import UserFactory


def register(*arguments: str) -> dict[str, str]:
    """Run the command; the names and values that it printed."""
    output = StringIO()
    call_command("register_client", *arguments, stdout=output, stderr=StringIO())
    return dict(line.split(": ") for line in output.getvalue().splitlines())


@pytest.mark.django_db
def test_a_web_client_gets_an_id_and_a_secret_that_the_database_does_not_have() -> None:
    printed = register("Shop", "web", "--redirect-uri", "https://client.example/callback")

    client = Application.objects.get()
    assert printed["client_id"] == client.client_id
    assert len(printed["client_secret"]) == 128
    assert client.client_secret != printed["client_secret"]
    assert (client.client_type, client.authorization_grant_type) == ("confidential", "authorization-code")
    assert client.skip_authorization is False


@pytest.mark.django_db
def test_an_app_gets_an_id_only() -> None:
    printed = register(
        "App", "app", "--redirect-uri", "https://a.example/", "--redirect-uri", "https://b.example/"
    )

    client = Application.objects.get()
    assert printed == {"client_id": client.client_id}
    assert client.redirect_uris == "https://a.example/ https://b.example/"
    assert client.client_type == "public"


def test_a_service_belongs_to_an_account(user: User) -> None:
    register("Export", "service", "--account", user.email)

    client = Application.objects.get()
    assert (client.user, client.authorization_grant_type) == (user, "client-credentials")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["Shop", "web"], "redirect_uris cannot be empty"),
        (["Shop", "web", "--redirect-uri", "http://client.example/"], "invalid_scheme"),
        (["Shop", "web", "--redirect-uri", "https://*.example/"], "invalid URI|Enter a valid URL"),
        (["Export", "service"], "Name one with --account"),
        (["Export", "service", "--account", "nobody@example.com"], "There is no account nobody@example.com"),
        (["Shop", "toaster"], "invalid"),
    ],
)
def test_a_client_that_makes_no_sense_is_refused(arguments: list[str], reason: str) -> None:
    with pytest.raises(CommandError, match=reason):
        register(*arguments)

    assert not Application.objects.exists()


@pytest.fixture
def admin(db: None, client: Client) -> Client:
    client.force_login(UserFactory.create(is_staff=True, is_superuser=True))
    return client


def test_the_admin_offers_what_the_provider_does(admin: Client) -> None:
    page = admin.get(reverse("admin:oauth2_provider_application_add")).content.decode()

    assert 'value="authorization-code"' in page
    assert 'value="client-credentials"' in page
    assert 'value="password"' not in page
    assert 'value="implicit"' not in page
    assert 'name="hash_client_secret"' not in page


def test_the_admin_shows_clients_and_no_secret(admin: Client, user: User) -> None:
    secret = register("Export", "service", "--account", user.email)["client_secret"]
    pk = Application.objects.get().pk

    listed = admin.get(reverse("admin:oauth2_provider_application_changelist"))
    page = admin.get(reverse("admin:oauth2_provider_application_change", args=[pk]))

    assert (listed.status_code, page.status_code) == (200, 200)
    assert secret not in page.content.decode()
    assert "View on site" not in page.content.decode()
