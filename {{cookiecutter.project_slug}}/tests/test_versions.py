"""Several versions side by side: each answers, is documented, and says when it is on its way out."""

from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from pytest_django.fixtures import Settings
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from apps.core.api.contract import breaking_changes
from apps.core.management.commands.openapi import DOCUMENTS, document_of
from apps.users.models import User

pytestmark = pytest.mark.lesson("api-versioning")

VERSIONS: list[str] = list(api_settings.ALLOWED_VERSIONS or [])
PAGES = {"text/html": ("docs", "redoc"), "application/vnd.oai.openapi": ("schema",)}


def document(version: str, *, urlconf: str | None = None) -> dict[str, Any]:
    generator = SchemaGenerator(api_version=version, urlconf=urlconf)  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    return schema


@pytest.fixture
def two_versions(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> APIClient:
    settings.ROOT_URLCONF = "tests.deprecated_urls"
    monkeypatch.setattr("rest_framework.versioning.NamespaceVersioning.allowed_versions", ["v1", "v2"])
    return APIClient()


@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_answers_and_is_documented(client_of_user: APIClient, version: str) -> None:
    lists = [path for path, item in document(version)["paths"].items() if "get" in item and "{" not in path]

    assert lists != []
    assert {client_of_user.get(path).status_code for path in lists} == {200}


@pytest.mark.parametrize("version", VERSIONS)
def test_no_version_takes_back_what_its_clients_build_on(version: str) -> None:
    published = yaml.safe_load((DOCUMENTS / f"{version}.yaml").read_text(encoding="utf-8"))

    assert breaking_changes(published, yaml.safe_load(document_of(version))) == []


@pytest.mark.django_db
@pytest.mark.parametrize("version", VERSIONS)
def test_each_version_has_pages_that_lead_to_the_others(client: Client, version: str) -> None:
    others = [reverse(f"docs-{other}") for other in VERSIONS] + [reverse("problems")]
    for media_type, pages in PAGES.items():
        for page in pages:
            response = client.get(f"/api/{page}/{version}/", headers={"Accept": media_type})
            assert response.status_code == 200
            assert response["Content-Type"].split(";")[0] == media_type
            if media_type == "text/html":
                assert [address for address in others if f'href="{address}"' not in response.text] == []


def test_pages_without_a_version_lead_to_the_newest(client: Client) -> None:
    assert client.get("/")["Location"] == "/api/docs/"
    assert client.get("/api/docs/")["Location"] == f"/api/docs/{VERSIONS[-1]}/"


@pytest.mark.django_db
def test_swagger_ui_offers_to_sign_in_and_knows_who_did(client: Client, user: User) -> None:
    page = f"/api/docs/{VERSIONS[-1]}/"
    assert f'href="/api/session/login/?next={page}"' in client.get(page).text
    client.force_login(user)

    response = client.get(page)

    assert "Sign in" not in response.text
    # The window in which a provider of this site asks for consent has to find its way back here.
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    script = client.get(f"{page}?script=").text
    # Requests by session carry the token against forged requests.
    assert 'request.headers["X-CSRFTOKEN"] = "' in script


@pytest.mark.django_db
def test_window_of_a_provider_comes_back_to_swagger_ui(client: Client) -> None:
    address = "/api/docs/oauth2-redirect.html"
    script = client.get(f"/api/docs/{VERSIONS[-1]}/?script=").text
    assert f'"oauth2RedirectUrl": "http://testserver{address}"' in script

    response = client.get(f"{address}?code=1")

    assert response.status_code == 302
    assert response["Location"].endswith("/swagger-ui-dist/oauth2-redirect.html?code=1")


def test_deprecated_address_says_since_when_until_when_and_what_follows(two_versions: APIClient) -> None:
    response = two_versions.get("/api/v1/items/")

    assert response.status_code == 200
    assert response["Deprecation"] == "@1793491200"
    assert response["Sunset"] == "Mon, 01 Nov 2027 00:00:00 GMT"
    assert response["Link"] == '<http://testserver/api/v2/items/>; rel="successor-version"'


@pytest.mark.parametrize(
    ("address", "successor"),
    [("items/3/", "/api/v2/items/3/"), ("gone/3/", "/api/v2/items/")],
    ids=["the same address in the next version", "the named address where there is no such"],
)
def test_successor_is_as_near_as_possible(two_versions: APIClient, address: str, successor: str) -> None:
    response = two_versions.get(f"/api/v1/{address}")

    assert response["Link"] == f'<http://testserver{successor}>; rel="successor-version"'


def test_successor_stands_beside_links_that_are_there(two_versions: APIClient) -> None:
    links = two_versions.get("/api/v1/items/2/")["Link"].split(", ")

    assert links == ['</next/>; rel="next"', '<http://testserver/api/v2/items/2/>; rel="successor-version"']


def test_refusals_of_a_deprecated_address_say_it_too(two_versions: APIClient) -> None:
    response = two_versions.post("/api/v1/items/")

    assert (response.status_code, response["Deprecation"]) == (405, "@1793491200")


@pytest.mark.parametrize("address", ["/api/v1/things/", "/api/v2/items/"])
def test_address_that_stays_says_nothing(two_versions: APIClient, address: str) -> None:
    response = two_versions.get(address)

    assert response.status_code == 200
    assert {"Deprecation", "Sunset", "Link"} & set(response.headers) == set()


@pytest.mark.usefixtures("two_versions")
def test_document_marks_what_is_deprecated() -> None:
    paths = document("v1", urlconf="tests.deprecated_urls")["paths"]

    old = paths["/api/v1/items/"]["get"]
    assert old["deprecated"] is True
    assert {"Deprecation", "Sunset", "Link"} <= set(old["responses"]["200"]["headers"])
    assert "deprecated" not in paths["/api/v1/things/"]["get"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_operation_documents_its_errors_as_problems(version: str) -> None:
    schema = document(version)
    operations = [
        operation
        for item in schema["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
    ]

    for operation in operations:
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert {"406", "429", "500"} <= set(errors)
        for status, answer in errors.items():
            name = "ValidationProblem" if status == "400" else "Problem"
            assert answer["content"] == {
                "application/problem+json": {"schema": {"$ref": f"#/components/schemas/{name}"}}
            }
        assert "requestBody" not in operation or {"400", "415"} <= set(errors)
        assert "Retry-After" in errors["429"]["headers"]
        # Whoever reads the document asks in a way that it describes.
        assert "405" not in errors


def test_profile_documents_the_errors_that_can_occur_and_no_other() -> None:
    profile = document("v1")["paths"]["/api/v1/users/me/"]

    def errors(method: str) -> list[str]:
        return sorted(status for status in profile[method]["responses"] if status >= "400")

    assert errors("get") == ["401", "406", "429", "500"]
    assert errors("patch") == ["400", "401", "403", "406", "415", "429", "500", "503"]
