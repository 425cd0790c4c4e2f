"""Whatever goes wrong below ``/api/`` is answered in one form: problem details (RFC 9457)."""

import logging
import re
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import get_resolver
from pytest_django.fixtures import Settings
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.test import APIClient

from apps.core.api import problem_types as registry
from apps.core.api.problem_types import PROBLEMS_PATH, ProblemType, problem_types, register_problem_type
from apps.core.api.problems import as_api_exception
from apps.core.errors import DomainError
from apps.users.models import User
from apps.users.tests.factories import PASSWORD, UserFactory
from tests.failing_urls import SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.lesson("validation-and-error-contract")]

PROFILE = "/api/v1/users/me/"
MEMBERS = {"type", "title", "status", "detail", "code", "request_id"}


@pytest.fixture
def failing(settings: Settings) -> APIClient:
    """A client of addresses that fail; it is answered as in production, not with the exception."""
    settings.ROOT_URLCONF = "tests.failing_urls"
    return APIClient(raise_request_exception=False)


def problem_of(response: Any) -> dict[str, Any]:
    """The problem in an answer, after the rules that hold for each of them."""
    assert response["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) - {"errors"} == MEMBERS
    assert problem["status"] == response.status_code
    assert problem["request_id"] == response["X-Request-ID"]
    assert problem["type"].startswith(PROBLEMS_PATH)
    assert SECRET not in response.text
    return problem


BAD_REQUESTS: dict[str, tuple[dict[str, Any], int, str]] = {
    "a value too long": ({"data": '{"name": "%s"}' % ("x" * 151)}, 400, "validation_error"),
    "a body that is no object": ({"data": "[]"}, 400, "validation_error"),
    "half a body": ({"data": '{"name": '}, 400, "parse_error"),
    "another media type": ({"data": "name=x", "content_type": "text/csv"}, 415, "unsupported_media_type"),
    "another method": ({"method": "DELETE"}, 405, "method_not_allowed"),
    "another answer": ({"method": "GET", "headers": {"Accept": "image/png"}}, 406, "not_acceptable"),
    "another address": ({"method": "GET", "path": "/api/v1/nothing/"}, 404, "not_found"),
    "another version": ({"method": "GET", "path": "/api/v9/users/me/"}, 404, "unknown_version"),
    "an address beside the versions": ({"method": "GET", "path": "/api/"}, 404, "not_found"),
    "a page of another host": ({"method": "GET", "headers": {"Host": "evil.example"}}, 400, "bad_request"),
}


@pytest.mark.parametrize(("request_", "status", "code"), BAD_REQUESTS.values(), ids=BAD_REQUESTS)
def test_bad_request_is_answered_with_a_problem(
    client_of_user: APIClient, request_: dict[str, Any], status: int, code: str
) -> None:
    asked = {"method": "PATCH", "path": PROFILE, "content_type": "application/json", **request_}

    problem = problem_of(client_of_user.generic(**asked))

    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"{PROBLEMS_PATH}#{code}"


@pytest.mark.parametrize(
    ("failure", "status", "code", "detail"),
    [
        ("domain", 409, "out_of_tea", "There is no tea left."),
        ("domain-detail", 409, "out_of_tea", "No tea before noon."),
        ("disk", 507, "insufficient_storage", "There is no room left to store this."),
        ("quota", 507, "insufficient_storage", "There is no room left to store this."),
        ("http404", 404, "not_found", "Not found."),
        ("denied", 403, "permission_denied", "You do not have permission to perform this action."),
        ("bad", 400, "bad_request", "The request is malformed."),
        ("suspicious", 400, "bad_request", "The request is malformed."),
        ("too-big", 413, "content_too_large", "The body of the request is too large."),
        ("protected", 409, "conflict", "Others depend on this, so it cannot be deleted."),
        ("list", 403, "permission_denied", "One. Two."),
        ("bug", 500, "server_error", "The reason is in the server's log."),
    ],
)
def test_exception_of_a_view_becomes_a_problem(
    failing: APIClient, failure: str, status: int, code: str, detail: str
) -> None:
    problem = problem_of(failing.get(f"/api/failing/{failure}/"))

    assert (problem["status"], problem["code"], problem["detail"]) == (status, code, detail)
    assert problem["type"] == f"{PROBLEMS_PATH}#{code}"


def test_code_that_nobody_has_described_takes_the_type_of_its_status(failing: APIClient) -> None:
    response = failing.get("/api/failing/mapping/")

    problem = problem_of(response)
    assert (problem["code"], problem["detail"]) == ("stale", "Expired.")
    assert problem["type"] == f"{PROBLEMS_PATH}#not_authenticated"
    assert response["WWW-Authenticate"]


def test_status_that_nobody_has_described_has_a_blank_type(
    failing: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.failing_urls.OutOfTea.status", 418)
    monkeypatch.setattr("tests.failing_urls.OutOfTea.code", "teapot")
    monkeypatch.setattr("apps.core.api.problem_types._refusals_of", lambda _base: iter(()))

    problem = failing.get("/api/failing/domain/").json()

    assert (problem["type"], problem["title"]) == ("about:blank", "I'm a Teapot")


def test_error_of_a_view_without_json_is_a_problem_too(failing: APIClient) -> None:
    problem = problem_of(failing.get("/api/failing/text/domain/"))

    assert problem["code"] == "out_of_tea"


def test_browsable_api_shows_the_problem_on_its_page(failing: APIClient) -> None:
    response = failing.get("/api/failing/domain/", headers={"Accept": "text/html"})

    assert response.status_code == 409
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert "out_of_tea" in response.text


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"cups": []}, [("#/name", "required")]),
        ({"name": "Ada", "cups": [{"size": 1}, {"size": 9}]}, [("#/cups/1/size", "max_value")]),
        ({"name": "nobody", "cups": []}, [("#", "nobody")]),
        ({"name": "Ada", "cups": [], "notes": {"a/b~c": "x"}}, [("#/notes/a~1b~0c", "invalid")]),
        ({"name": "Ada", "cups": [], "sizes": [1, "x"]}, [("#/sizes/1", "invalid")]),
        ({}, [("#/name", "required"), ("#/cups", "required")]),
        ([], [("#", "invalid")]),
    ],
)
def test_pointer_leads_to_the_value_in_the_body(
    failing: APIClient, body: object, errors: list[tuple[str, str]]
) -> None:
    problem = problem_of(failing.post("/api/failing/order/", body))

    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == errors
    counted = "1 value was" if len(errors) == 1 else f"{len(errors)} values were"
    assert problem["detail"] == f"{counted} not accepted."


def test_validation_of_a_model_is_a_validation_error_too(failing: APIClient) -> None:
    problem = problem_of(failing.post("/api/failing/django-validation/"))

    assert (problem["status"], problem["code"]) == (400, "validation_error")
    assert problem["errors"] == [
        {"pointer": "#/name", "code": "short", "detail": "Too short."},
        {"pointer": "#", "code": "invalid", "detail": "No good."},
    ]


@pytest.mark.parametrize("method", ["get", "post"])
def test_error_in_the_query_names_the_parameter(failing: APIClient, method: str) -> None:
    problem = problem_of(getattr(failing, method)("/api/failing/parameter/"))

    assert problem["errors"] == [{"parameter": "since", "code": "invalid", "detail": "Not a date."}]


def test_error_of_a_request_without_body_that_names_no_parameter(failing: APIClient) -> None:
    problem = problem_of(failing.get("/api/failing/django-validation/"))

    assert problem["errors"][1] == {"code": "invalid", "detail": "No good."}


def test_unique_value_given_twice_is_a_conflict_that_tells_nothing(
    failing: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    UserFactory.create(email=f"{SECRET}@example.com")
    caplog.set_level(logging.WARNING)

    problem = problem_of(failing.post("/api/failing/database/", {"email": f"{SECRET}@example.com"}))

    assert (problem["status"], problem["code"]) == (409, "conflict")
    assert problem["detail"] == "Something else that is stored stands against this."
    assert re.search(r"'constraint': '(users_user_email_key|email)'", caplog.text)
    assert SECRET not in caplog.text


def test_missing_value_is_no_conflict_but_our_mistake(failing: APIClient) -> None:
    problem = problem_of(failing.post("/api/failing/database/", {"email": "a@example.com", "name": None}))

    assert (problem["status"], problem["code"]) == (500, "server_error")


def test_what_a_check_constraint_refuses_is_no_conflict_but_our_mistake() -> None:
    user = UserFactory.create()
    with pytest.raises(IntegrityError) as refused, connection.cursor() as cursor:
        cursor.execute("UPDATE users_user SET email = 'UPPER@example.com' WHERE id = %s", [user.pk])
    refusal = refused.value

    assert as_api_exception(refusal) is refusal


def test_a_full_disk_is_logged_with_what_to_do(failing: APIClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    failing.get("/api/failing/disk/")

    assert "disk_full" in caplog.text
    assert "Free some room on the disk" in caplog.text


@pytest.mark.parametrize("debug", [False, True])
def test_bug_is_logged_with_its_traceback_and_answered_without(
    failing: APIClient, settings: Settings, caplog: pytest.LogCaptureFixture, debug: bool
) -> None:
    settings.DEBUG = debug
    caplog.set_level(logging.ERROR)

    response = failing.get("/api/failing/bug/")

    problem = problem_of(response)
    assert (problem["status"], problem["code"]) == (500, "server_error")
    assert "Traceback" not in response.text
    assert "ZeroDivisionError" not in response.text
    failures = [record for record in caplog.records if "request_failed" in record.getMessage()]
    assert [problem["request_id"] in record.getMessage() for record in failures] == [True]
    assert failures[0].exc_info or "exc_info" in failures[0].getMessage()


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("bug/", 500, "server_error"),
        ("denied/", 403, "permission_denied"),
        ("bad/", 400, "bad_request"),
        ("nothing/", 404, "not_found"),
    ],
)
def test_plain_view_answers_problems_below_api_and_pages_elsewhere(
    failing: APIClient, path: str, status: int, code: str
) -> None:
    page = failing.get(f"/plain/{path}")
    assert (page.status_code, page["Content-Type"]) == (status, "text/html; charset=utf-8")

    problem = problem_of(failing.get(f"/api/plain/{path}"))
    assert (problem["status"], problem["code"]) == (status, code)


def test_unknown_version_is_told_which_versions_there_are(anonymous: APIClient) -> None:
    detail = anonymous.get("/api/v9/users/me/").json()["detail"]

    assert detail.startswith("There is no version v9 of this API; there is v1")


def test_headers_that_tell_clients_what_to_do_are_kept(failing: APIClient, user: User) -> None:
    assert failing.get("/api/failing/throttled/")["Retry-After"] == "7"
    assert failing.get(PROFILE)["WWW-Authenticate"]
    failing.force_authenticate(user)
    assert failing.delete(PROFILE)["Allow"] == "GET, PUT, PATCH, HEAD, OPTIONS"


@pytest.mark.parametrize("path", [PROFILE, "/api/plain/form/"])
def test_forged_session_request_below_api_is_refused_with_a_problem(
    failing: APIClient, user: User, path: str
) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)

    response = browser.post(path) if path != PROFILE else browser.patch(path)

    problem = problem_of(response)
    assert (problem["status"], problem["code"]) == (403, "csrf_failed")


@pytest.mark.parametrize("path", ["/plain/form/", "/api/session/login/"])
def test_forged_form_for_people_is_refused_with_a_page(failing: APIClient, path: str) -> None:
    response = Client(enforce_csrf_checks=True).post(path, {"username": "a", "password": PASSWORD})

    assert (response.status_code, response["Content-Type"]) == (403, "text/html; charset=utf-8")


def test_page_of_problems_describes_every_type_to_people(client: Client) -> None:
    response = client.get(PROBLEMS_PATH, headers={"Accept": "text/html,*/*;q=0.8"})

    assert response.status_code == 200
    assert "Accept" in response["Vary"]
    assert [code for code in problem_types() if f'id="{code}"' not in response.text] == []
    # Of this site alone.
    assert 'src="' not in response.text
    assert "script-src" not in response["Content-Security-Policy"]


def test_page_of_problems_describes_every_type_to_programs(client: Client) -> None:
    described = client.get(PROBLEMS_PATH).json()["problems"]

    assert {problem["code"] for problem in described} == set(problem_types())
    assert {
        "type": "/api/problems/#out_of_tea",
        "code": "out_of_tea",
        "status": 409,
        "title": "There is no tea left.",
        "meaning": "The pot is empty.",
        "mend": "Put the kettle on.",
    } in described


def test_type_of_a_library_can_be_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.core.api.problem_types._registered", {})
    kind = ProblemType(code="brewed", status=418, title="Tea.", meaning="It is ready.", mend="Drink it.")

    register_problem_type(kind)

    assert problem_types()["brewed"] is kind


def test_code_names_one_type_only() -> None:
    # A second refusal with the code of another would hide it on the page.
    refusals = [*registry._refusals_of(DomainError), *registry._http_refusals_of(APIException)]
    codes = [kind.code for kind in refusals if kind.code not in registry._registered]

    assert [code for code in set(codes) if codes.count(code) > 1] == []


def validators_of_nothing(serializer: type[serializers.Serializer[Any]]) -> list[str]:
    """The methods ``validate_<x>`` that are never called, because no field is called ``<x>``."""
    methods = [name for name in dir(serializer) if name.startswith("validate_")]
    own = [name for name in methods if not hasattr(serializers.Serializer, name)]
    fields = serializer().get_fields() if own else {}
    return [f"{serializer.__name__}.{name}" for name in own if name.removeprefix("validate_") not in fields]


def serializers_below(base: type[serializers.BaseSerializer[Any]]) -> set[type[serializers.Serializer[Any]]]:
    found = {child for child in base.__subclasses__() if issubclass(child, serializers.Serializer)}
    return found.union(*(serializers_below(child) for child in base.__subclasses__()))


def test_every_validate_method_names_a_field() -> None:
    # Loads the views, and with them their serializers.
    assert get_resolver().url_patterns
    every = serializers_below(serializers.BaseSerializer)
    ours = [serializer for serializer in every if serializer.__module__.startswith("apps.")]

    assert ours != []
    assert [name for serializer in ours for name in validators_of_nothing(serializer)] == []


def test_misspelt_validate_method_is_found() -> None:
    class Misspelt(serializers.Serializer[Any]):
        name = serializers.CharField()

        def validate_name(self, value: str) -> str:
            return value

        def validate_nmae(self, value: str) -> str:
            return value

    assert validators_of_nothing(Misspelt) == ["Misspelt.validate_nmae"]
