"""What a browser may tell scripts from other origins."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

FRONT_END = "https://app.example.com"
STRANGER = "https://evil.example"
PROFILE = "/api/v1/users/me/"
ALLOW_ORIGIN = "Access-Control-Allow-Origin"


@pytest.fixture(autouse=True)
def _front_end_is_allowed(settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [FRONT_END]


@pytest.mark.lesson("cors-policy")
def test_answer_to_the_front_end_names_its_origin(client_of_user: APIClient) -> None:
    response = client_of_user.get(PROFILE, headers={"Origin": FRONT_END})

    assert response.status_code == 200
    assert response.headers[ALLOW_ORIGIN] == FRONT_END
    # Or a cache between us would give one front end the answer to another.
    assert "origin" in response.headers["Vary"].lower()


@pytest.mark.lesson("cors-policy")
@pytest.mark.parametrize(
    ("path", "status"),
    [(PROFILE, 401), (PROFILE.rstrip("/"), 301), ("/api/v1/nowhere/", 404)],
    ids=["refused", "redirected", "not found"],
)
def test_answers_without_data_name_the_origin_too(path: str, status: int, client: Client) -> None:
    response = client.get(path, headers={"Origin": FRONT_END})

    assert response.status_code == status
    assert response.headers.get(ALLOW_ORIGIN) == FRONT_END


@pytest.mark.lesson("cors-policy")
def test_redirect_to_https_names_the_origin(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = client.get(PROFILE, headers={"Origin": FRONT_END})

    assert response.status_code == 301
    assert response.headers.get(ALLOW_ORIGIN) == FRONT_END


@pytest.mark.lesson("cors-policy")
@pytest.mark.parametrize(
    "header",
    ["authorization", "content-type", "idempotency-key", "if-match", "if-none-match", "x-request-id"],
)
def test_front_end_may_send_the_header(header: str, client: Client) -> None:
    response = client.options(
        PROFILE,
        headers={
            "Origin": FRONT_END,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": header,
        },
    )

    assert response.status_code == 200
    assert response.headers[ALLOW_ORIGIN] == FRONT_END
    assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
    assert header in response.headers["Access-Control-Allow-Headers"].split(", ")


@pytest.mark.lesson("cors-policy")
def test_pages_outside_the_api_are_for_nobody_else(client: Client) -> None:
    response = client.get("/admin/login/", headers={"Origin": FRONT_END})

    assert response.status_code == 200
    assert ALLOW_ORIGIN not in response.headers


@pytest.mark.lesson("cors-credentials-wildcard")
@pytest.mark.parametrize("origin", [STRANGER, f"{FRONT_END}.evil.example", "http://app.example.com", "null"])
def test_foreign_origin_is_never_reflected(origin: str, client_of_user: APIClient) -> None:
    response = client_of_user.get(PROFILE, headers={"Origin": origin})

    assert response.status_code == 200
    assert ALLOW_ORIGIN not in response.headers
    assert "Access-Control-Allow-Credentials" not in response.headers
