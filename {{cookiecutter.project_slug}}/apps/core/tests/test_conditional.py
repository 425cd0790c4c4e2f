"""ETags: reads that cost nothing, and changes of what somebody else has changed meanwhile (RFC 9110)."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework import generics, mixins, serializers, viewsets
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from apps.core.api.conditional import ACTIONS, ConditionalView
from apps.core.api.schema import ProblemSchema

factory = APIRequestFactory()


class GroupSerializer(serializers.ModelSerializer[Group]):
    class Meta:
        model = Group
        fields = ("id", "name")


class NotLocked(BasePermission):
    def has_object_permission(self, request: Any, view: Any, group: Group) -> bool:
        return group.name != "locked"


class OneGroup(ConditionalView, generics.RetrieveUpdateDestroyAPIView[Group]):
    queryset = Group.objects.order_by("id")
    serializer_class = GroupSerializer
    permission_classes = (NotLocked,)

    def etag_of(self, group: Group) -> str:
        return f"{group.pk} {group.name}"


class GroupViews(ConditionalView, viewsets.ModelViewSet[Group]):
    queryset = Group.objects.order_by("id")
    serializer_class = GroupSerializer
    permission_classes = (AllowAny,)

    def rename(self, request: Request, pk: int) -> Response:
        return Response({"renamed": self.get_object().name})


@pytest.fixture
def group(db: None) -> Group:
    return Group.objects.create(name="band")


def ask(method: str, group: Group, *, name: str = "choir", **headers: str) -> Any:
    names = {"if_match": "If-Match", "if_none_match": "If-None-Match"}
    request = factory.generic(
        method,
        "/",
        f'{{"name": "{name}"}}' if method in ("PUT", "PATCH") else "",
        content_type="application/json",
        headers={names[header]: value for header, value in headers.items()},
    )
    return OneGroup.as_view()(request, pk=group.pk)


def etag_of(group: Group) -> str:
    return str(ask("GET", group)["ETag"])


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_reading_again_what_has_not_changed_has_no_body(group: Group, method: str) -> None:
    first = ask(method, group)

    again = ask(method, group, if_none_match=first["ETag"])

    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Cache-Control"] == first["Cache-Control"] == "private, no-cache"


def test_an_etag_is_strong_and_quoted(group: Group) -> None:
    assert re.fullmatch('"[0-9a-f]{32}"', etag_of(group))


@pytest.mark.parametrize("header", ["{}", "W/{}", '"other", {}', "*"])
def test_if_none_match_compares_weakly_with_each(group: Group, header: str) -> None:
    assert ask("GET", group, if_none_match=header.format(etag_of(group))).status_code == 304


@pytest.mark.parametrize("header", ['"other"', "", "garbage"])
def test_a_version_that_is_not_present_is_sent(group: Group, header: str) -> None:
    assert ask("GET", group, if_none_match=header).data["name"] == "band"


def test_a_change_makes_another_version(group: Group) -> None:
    before = etag_of(group)

    changed = ask("PATCH", group)

    assert changed["ETag"] == etag_of(group) != before
    assert ask("GET", group, if_none_match=before).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("header", ["{}", '"other", {}', "*"])
def test_change_of_the_present_version_passes(group: Group, method: str, header: str) -> None:
    response = ask(method, group, if_match=header.format(etag_of(group)))

    assert response.status_code == (204 if method == "DELETE" else 200)
    assert not Group.objects.filter(name="band").exists()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("header", ['"other"', "W/{}", "", "garbage"])
def test_change_of_another_version_is_refused(group: Group, method: str, header: str) -> None:
    response = ask(method, group, if_match=header.format(etag_of(group)))

    assert (response.status_code, response.data["code"]) == (412, "precondition_failed")
    assert Group.objects.get().name == "band"


def test_reading_of_another_version_is_refused_too(group: Group) -> None:
    assert ask("GET", group, if_match='"other"').status_code == 412


@pytest.mark.parametrize("header", ["*", "{}"])
def test_if_none_match_refuses_to_change_what_is_there(group: Group, header: str) -> None:
    assert ask("PUT", group, if_none_match=header.format(etag_of(group))).status_code == 412


def test_without_a_header_the_last_one_wins_and_nothing_is_locked(group: Group) -> None:
    with CaptureQueriesContext(connection) as queries:
        response = ask("PATCH", group)

    assert response.status_code == 200
    assert not any("FOR UPDATE" in query["sql"] for query in queries)


def test_a_put_is_answered_without_etag(group: Group) -> None:
    assert "ETag" not in ask("PUT", group)


def test_refused_value_changes_neither_row_nor_version(group: Group) -> None:
    before = etag_of(group)

    response = ask("PATCH", group, name="", if_match=before)

    assert response.status_code == 400
    assert etag_of(group) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_of_two_changes_to_one_version_exactly_one_succeeds(method: str) -> None:
    group = Group.objects.create(name="band")
    version, start = etag_of(group), Barrier(8)

    def change(number: int) -> tuple[int, str]:
        start.wait()
        try:
            return ask(method, group, name=f"choir {number}", if_match=version).status_code, f"choir {number}"
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(change, range(8)))

    assert sorted(status for status, _ in answers) == [200] + [412] * 7
    assert [name for status, name in answers if status == 200] == [Group.objects.get().name]


def change_before_the_lock(monkeypatch: pytest.MonkeyPatch, change: Any) -> None:
    """Let somebody else do something between the reading and the locking of the row."""
    refresh = Group.refresh_from_db

    def refresh_late(self: Group, *args: Any, **kwargs: Any) -> None:
        monkeypatch.undo()
        change()
        refresh(self, *args, **kwargs)

    monkeypatch.setattr(Group, "refresh_from_db", refresh_late)


def test_what_is_deleted_meanwhile_is_not_found(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    version = etag_of(group)
    change_before_the_lock(monkeypatch, Group.objects.all().delete)

    assert ask("PATCH", group, if_match=version).status_code == 404


def test_who_loses_the_right_meanwhile_is_refused(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    version = etag_of(group)
    change_before_the_lock(monkeypatch, lambda: Group.objects.update(name="locked"))

    assert ask("PATCH", group, if_match=version).status_code in (401, 403)


def test_a_view_gets_no_methods_that_it_did_not_have(group: Group) -> None:
    class Readable(ConditionalView, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Group]):
        pass

    assert [action for action in ACTIONS if hasattr(Readable, action)] == ["retrieve"]


def test_lists_and_other_actions_are_left_alone(group: Group) -> None:
    renamed = GroupViews.as_view({"post": "rename"})(
        factory.post("/", headers={"If-Match": '"other"'}), pk=group.pk
    )
    assert (renamed.status_code, "ETag" in renamed) == (200, False)

    listed = GroupViews.as_view({"get": "list"})(factory.get("/", headers={"If-None-Match": "*"}))

    assert listed.status_code == 200
    assert "ETag" not in listed


def test_options_name_what_can_be_changed_whatever_the_version(group: Group) -> None:
    response = ask("OPTIONS", group, if_match='"other"')

    assert response.status_code == 200
    assert "ETag" not in response


def test_usual_version_is_the_key_and_the_moment_of_the_last_change() -> None:
    class Row:
        pk = 7

        class updated_at:  # noqa: N801
            isoformat = staticmethod(lambda: "2026-01-01T00:00:00+00:00")

    assert ConditionalView().etag_of(Row()) == "7 2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("method", "names", "errors"),
    [
        ("GET", {"If-None-Match", "ETag"}, set()),
        ("PUT", {"If-Match"}, {412}),
        ("PATCH", {"If-Match", "ETag"}, {412}),
        ("DELETE", {"If-Match"}, {412}),
    ],
)
def test_document_tells_of_the_headers(method: str, names: set[str], errors: set[int]) -> None:
    schema = ProblemSchema()
    schema.view, schema.method = OneGroup(), method

    assert {parameter.name for parameter in schema._declared("documented_parameters")} == names
    assert set(schema._declared("documented_errors")) == errors
