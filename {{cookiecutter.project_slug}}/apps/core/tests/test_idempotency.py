"""The header Idempotency-Key: what costs money or places happens once, however often it is asked for."""

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from threading import Barrier
from typing import Any, ClassVar

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework import generics, serializers, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate

from apps.core import services
from apps.core.api import idempotency
from apps.core.api.idempotency import IdempotentCreate, fingerprint_of
from apps.core.api.schema import ProblemSchema
from apps.core.errors import DomainError
from apps.core.models import IdempotencyKey
from apps.core.tasks import clear_idempotency_keys

factory = APIRequestFactory()


class GroupSerializer(serializers.ModelSerializer[Group]):
    class Meta:
        model = Group
        fields = ("name", "id")
        # Twice the same name is no error of validation here, so that each effect can be counted.
        extra_kwargs: ClassVar[dict[str, Any]] = {"name": {"validators": []}}


class Groups(IdempotentCreate, generics.CreateAPIView[Group]):
    """Makes a group, numbered where the name is taken: each time it is carried out leaves one more."""

    queryset = Group.objects.all()
    serializer_class = GroupSerializer
    permission_classes = (AllowAny,)
    before: Callable[[], None] = staticmethod(lambda: None)
    status = 201

    def perform_create(self, serializer: Any) -> None:
        type(self).before()
        name = f"{serializer.validated_data['name']} {Group.objects.count()}"
        serializer.instance = Group.objects.create(name=name)

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().create(request, *args, **kwargs)
        response["X-Seen-By"] = "the view"
        return response


class GroupViews(IdempotentCreate, viewsets.ModelViewSet[Group]):
    queryset = Group.objects.all()
    serializer_class = GroupSerializer


def post(
    user: Any,
    key: str | None = "a-key",
    *,
    name: str = "band",
    view: Any = Groups,
    path: str = "/",
    **extra: Any,
) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    request = factory.post(path, {"name": name, **extra}, format="json", headers=headers)
    force_authenticate(request, user)
    response = view.as_view()(request)
    response.render()
    return response


def test_the_same_request_again_gets_the_same_answer_and_happens_once(user: Any) -> None:
    first, second = post(user), post(user)

    assert (first.status_code, second.status_code) == (201, 201)
    # To the byte: the order of the members too.
    assert first.content == second.content == json.dumps(first.data, separators=(",", ":")).encode()
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert Group.objects.count() == 1


def test_without_the_header_each_request_happens(user: Any) -> None:
    post(user, None)
    post(user, None)

    assert Group.objects.count() == 2
    assert not IdempotencyKey.objects.exists()


def test_view_set_replays_as_well(user: Any) -> None:
    view = type("Bound", (), {"as_view": lambda: GroupViews.as_view({"post": "create"})})

    first, second = post(user, view=view), post(user, view=view)

    assert first.data == second.data
    assert Group.objects.count() == 1


@pytest.mark.parametrize(
    "other", [{"name": "choir"}, {"path": "/other/"}, {"path": "/?dry=1"}, {"more": [1]}], ids=str
)
def test_another_request_with_the_same_key_is_refused(user: Any, other: dict[str, Any]) -> None:
    post(user)

    response = post(user, **other)

    assert (response.status_code, response.data["code"]) == (422, "idempotency_key_reused")
    assert Group.objects.count() == 1


def test_each_user_has_keys_of_her_own(user: Any) -> None:
    other = get_user_model().objects.create(email="other@example.com")

    post(user)
    response = post(other)

    assert "Idempotency-Replayed" not in response
    assert Group.objects.count() == 2


@pytest.mark.django_db
def test_somebody_unknown_has_no_keys() -> None:
    response = post(AnonymousUser())

    assert response.status_code == 401
    assert Group.objects.count() == 0


@pytest.mark.parametrize("key", ["", "x" * 256, "a key", "clé", "a\tb"])
def test_unusable_key_is_refused(user: Any, key: str) -> None:
    response = post(user, key)

    assert (response.status_code, response.data["code"]) == (400, "invalid_idempotency_key")
    assert Group.objects.count() == 0


def test_longest_key_is_taken(user: Any) -> None:
    key = '"' + "~" * 253 + '"'

    post(user, key)

    assert post(user, key)["Idempotency-Replayed"] == "true"


def test_refused_request_leaves_its_key_free(user: Any) -> None:
    refused = post(user, name="")

    mended = post(user)

    assert (refused.status_code, mended.status_code) == (400, 201)
    assert "Idempotency-Replayed" not in mended


@pytest.mark.django_db
@pytest.mark.parametrize("error", [DomainError, ZeroDivisionError])
def test_what_fails_half_way_leaves_nothing(
    user: Any, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def perform(self: Groups, serializer: Any) -> None:
        serializer.instance = Group.objects.create(name="half")
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(Groups, "perform_create", perform)
        failed = post(user)
    assert failed.status_code in (409, 500)
    assert (Group.objects.count(), IdempotencyKey.objects.count()) == (0, 0)

    assert post(user).status_code == 201


def test_what_a_view_refuses_without_raising_leaves_nothing(user: Any) -> None:
    class Full(generics.GenericAPIView[Group]):
        def create(self, request: Request) -> Response:
            Group.objects.create(name="half")
            return Response({"detail": "Full."}, status=409)

    class Refusing(IdempotentCreate, Full):
        def post(self, request: Request) -> Response:
            return self.create(request)

    response = post(user, view=Refusing)

    assert response.status_code == 409
    assert (Group.objects.count(), IdempotencyKey.objects.count()) == (0, 0)


def test_while_the_first_is_carried_out_the_same_is_refused(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[Any] = []
    monkeypatch.setattr(Groups, "before", staticmethod(lambda: meanwhile.append(post(user, name="other"))))

    response = post(user)

    assert response.status_code == 201
    assert [(other.status_code, other.data["code"]) for other in meanwhile] == [(409, "request_in_progress")]
    assert Group.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_marked", [True, False], ids=["with the mark", "by the database alone"])
def test_ten_at_once_happen_once(user: Any, monkeypatch: pytest.MonkeyPatch, is_marked: bool) -> None:
    """The mark in the cache spares the wait; without it, as when Redis forgets, the others wait."""
    if not is_marked:
        monkeypatch.setattr(idempotency, "only_one_at_once", lambda *_: nullcontext())
    start = Barrier(10)

    def ask(_: int) -> Any:
        start.wait()
        try:
            return post(user)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(ask, range(10)))

    assert Group.objects.count() == 1
    made = [
        answer for answer in answers if answer.status_code == 201 and "Idempotency-Replayed" not in answer
    ]
    assert len(made) == 1
    others = {answer.status_code for answer in answers if answer is not made[0]}
    assert others <= ({201, 409} if is_marked else {201})
    assert {answer.content for answer in answers if answer.status_code == 201} == {made[0].content}
    # The first is done, so whoever was told to come again gets its answer.
    assert post(user)["Idempotency-Replayed"] == "true"


def test_a_late_request_does_not_take_away_the_mark_of_the_next(
    user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"idempotency:{user.pk}:{hashlib.sha256(b'a-key').hexdigest()}"
    monkeypatch.setattr(Groups, "before", staticmethod(lambda: cache.set(name, "another")))

    post(user)

    assert cache.get(name) == "another"


def test_headers_that_belong_to_the_answer_are_kept(user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Groups, "get_success_headers", lambda *_: {"Location": "/groups/1/", "X-Other": "x"})
    post(user)

    again = post(user)

    assert again["Location"] == "/groups/1/"
    assert "X-Other" not in again


def upload(content: bytes, name: str = "a.txt") -> Request:
    return Request(
        factory.post("/", {"name": "x", "file": SimpleUploadedFile(name, content)}, format="multipart"),
        parsers=[parser() for parser in Groups.parser_classes],
    )


def test_uploads_are_compared_by_their_content() -> None:
    request = upload(b"one")

    assert fingerprint_of(request) == fingerprint_of(upload(b"one"))
    assert fingerprint_of(request) not in (
        fingerprint_of(upload(b"two")),
        fingerprint_of(upload(b"one", "b.txt")),
    )
    # And can still be read by the view.
    data: Any = request.data
    assert data["file"].read() == b"one"


def test_order_of_json_members_does_not_matter(user: Any) -> None:
    first = post(user, name="band", a=1, b=2)

    again = post(user, b=2, a=1, name="band")

    assert again.data == first.data


def test_keys_are_forgotten_after_a_day(user: Any) -> None:
    now = timezone.now()
    for age in (23, 25):
        IdempotencyKey.objects.create(user=user, key=str(age), created_at=now - timedelta(hours=age))

    assert services.clear_idempotency_keys(now=now) == 1
    clear_idempotency_keys()

    assert str(IdempotencyKey.objects.get()) == "23"


def test_document_tells_of_the_header() -> None:
    schema = ProblemSchema()
    schema.view, schema.method = Groups(), "POST"

    names = {parameter.name for parameter in schema._declared("documented_parameters")}

    assert names == {"Idempotency-Key", "Idempotency-Replayed"}
    assert set(schema._declared("documented_errors")) == {409, 422}
