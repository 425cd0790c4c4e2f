"""The header that says who asks: one scheme, the same in the document, the challenge and the refusal."""

from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.test import APIClient, APIRequestFactory
from rest_framework.views import APIView

pytestmark = [pytest.mark.django_db, pytest.mark.lesson("auth-header-scheme")]

PROFILE = "/api/v1/users/me/"


@pytest.fixture
def expected() -> str:
    """The scheme of the first authentication class, such as ``Bearer``."""
    request = Request(APIRequestFactory().get(PROFILE))
    challenge = APIView().get_authenticate_header(request)
    assert challenge, "The first class decides between 401 and 403; it has to have a challenge."
    return str(challenge).split()[0]


def test_stranger_is_asked_for_the_scheme_of_the_first_class(anonymous: APIClient, expected: str) -> None:
    response = anonymous.get(PROFILE)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].split()[0] == expected
    assert response.json()["code"] == "not_authenticated"


@pytest.mark.parametrize("scheme", ["Basic", "JWT", "ApiKey"])
def test_wrong_scheme_is_named_with_the_right_one(anonymous: APIClient, expected: str, scheme: str) -> None:
    response = anonymous.get(PROFILE, headers={"Authorization": f"{scheme} hush"})

    assert response.status_code == 401
    assert response["WWW-Authenticate"].split()[0] == expected
    assert response.json()["code"] == "wrong_auth_scheme"
    assert response.json()["detail"] == (
        f"The Authorization header has the scheme '{scheme}'; this API expects '{expected} <token>'."
    )


@pytest.mark.parametrize("header", ["eyJhbGciOiJIUzI1NiJ9.hush", "eyJhbGciOi.hush and more", ":hush x"])
def test_token_without_a_scheme_is_not_read_back(anonymous: APIClient, expected: str, header: str) -> None:
    response = anonymous.get(PROFILE, headers={"Authorization": header})

    assert response.json()["detail"] == (
        f"The Authorization header has no scheme; this API expects '{expected} <token>'."
    )


def test_wrong_token_in_the_right_scheme_is_another_problem(anonymous: APIClient, expected: str) -> None:
    response = anonymous.get(PROFILE, headers={"Authorization": f"{expected.lower()} nonsense"})

    assert response.status_code == 401
    assert response.json()["code"] != "wrong_auth_scheme"


def test_without_a_challenge_no_scheme_is_wrong(
    anonymous: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rest_framework.views.APIView.authentication_classes", [SessionAuthentication])

    response = anonymous.get(PROFILE, headers={"Authorization": "Basic hush"})

    assert (response.status_code, response.json()["code"]) == (403, "not_authenticated")


@pytest.mark.parametrize("version", api_settings.ALLOWED_VERSIONS or [])
def test_security_schemes_of_the_document_are_the_configured_classes(version: str, expected: str) -> None:
    generator = SchemaGenerator(api_version=version)  # type: ignore[no-untyped-call]

    document = generator.get_schema(public=True)  # type: ignore[no-untyped-call]

    schemes = document["components"]["securitySchemes"].values()
    by_header = [scheme for scheme in schemes if scheme.get("in") != "cookie"]
    by_cookie = [scheme for scheme in schemes if scheme.get("in") == "cookie"]
    assert [scheme_of(scheme) for scheme in by_header] == [expected]
    assert len(by_header) + len(by_cookie) == len(api_settings.DEFAULT_AUTHENTICATION_CLASSES)


def scheme_of(scheme: dict[str, Any]) -> str:
    """The first word of the Authorization header that a security scheme asks for."""
    if scheme["type"] == "http":
        return str(scheme["scheme"]).capitalize()
    if scheme["type"] == "oauth2":
        return "Bearer"
    # OpenAPI has no word for other schemes than those of the registry; the description says it.
    assert (scheme["type"], scheme["in"], scheme["name"]) == ("apiKey", "header", "Authorization")
    return "Token" if "Token" in scheme["description"] else ""
