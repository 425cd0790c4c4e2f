"""Pages by number and by cursor: bounded, complete, and in an order without ties."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework import generics, serializers
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from apps.core.api.pagination import CursorPages, NumberedPages
from apps.core.models import IdempotencyKey

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


class KeySerializer(serializers.ModelSerializer[IdempotencyKey]):
    class Meta:
        model = IdempotencyKey
        fields = ("key",)


class ByMoment(CursorPages):
    ordering = ("-created_at",)


class Mixed(CursorPages):
    ordering = ("-fingerprint", "key", "id")


@pytest.fixture
def many(user: Any) -> list[str]:
    """More rows of one moment than REST framework's cursor can skip, and some around them."""
    moments = [MOMENT.replace(year=2025)] * 3 + [MOMENT] * 1100 + [MOMENT.replace(year=2027)] * 3
    IdempotencyKey.objects.bulk_create(
        IdempotencyKey(user=user, key=f"{number:04}", created_at=moment, fingerprint=str(number % 3))
        for number, moment in enumerate(moments)
    )
    return [f"{number:04}" for number in range(len(moments))]


def ask(pages: type[BasePagination], query: dict[str, Any] | str = "") -> Any:
    class Keys(generics.ListAPIView[IdempotencyKey]):
        queryset = IdempotencyKey.objects.order_by("id")
        serializer_class = KeySerializer
        pagination_class = pages
        permission_classes = ()
        ordering_fields = ("key",)

    path = query if isinstance(query, str) and query else "/"
    request = APIRequestFactory().get(path, query if isinstance(query, dict) else None)
    response = Keys.as_view()(request)
    response.render()
    return response


def walk(pages: type[BasePagination], query: dict[str, Any], *, link: str = "next") -> Iterator[list[str]]:
    response = ask(pages, query)
    while True:
        yield [row["key"] for row in response.data["results"]]
        if response.data[link] is None:
            return
        response = ask(pages, response.data[link])


@pytest.mark.django_db
@pytest.mark.lesson("pagination-bounds")
@pytest.mark.parametrize("pages", [NumberedPages, ByMoment])
@pytest.mark.parametrize("size", ["101", "1000000", "9" * 5000])
def test_an_absurd_page_size_is_capped(pages: type[BasePagination], size: str, many: list[str]) -> None:
    assert len(ask(pages, {"page_size": size}).data["results"]) == 100


@pytest.mark.django_db
@pytest.mark.parametrize("pages", [NumberedPages, ByMoment])
def test_a_page_holds_fifty_unless_asked_otherwise(pages: type[BasePagination], many: list[str]) -> None:
    assert len(ask(pages).data["results"]) == 50
    assert len(ask(pages, {"page_size": "007"}).data["results"]) == 7


@pytest.mark.django_db
@pytest.mark.parametrize("pages", [NumberedPages, ByMoment])
@pytest.mark.parametrize("size", ["0", "-1", "ten", "", "1.5", "٣", "1 "])
def test_a_page_size_that_is_no_positive_number_is_refused(pages: type[BasePagination], size: str) -> None:
    response = ask(pages, {"page_size": size})

    assert response.status_code == 400
    assert [error["parameter"] for error in response.data["errors"]] == ["page_size"]


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["0", "last", "x", "24", "9" * 40])
def test_a_page_that_is_not_there_is_not_found(page: str, many: list[str]) -> None:
    assert ask(NumberedPages, {"page": page, "page_size": 50}).status_code == 404


@pytest.mark.django_db
def test_numbered_pages_together_hold_every_row_once(many: list[str]) -> None:
    found = [key for page in walk(NumberedPages, {"page_size": 100}) for key in page]

    assert found == many


@pytest.mark.django_db
@pytest.mark.lesson("pagination-bounds")
def test_cursor_pages_together_hold_every_row_once_though_a_thousand_tie(many: list[str]) -> None:
    pages = list(walk(ByMoment, {"page_size": 100}))

    assert [key for page in pages for key in page] == many[::-1]
    assert [len(page) for page in pages] == [100] * 11 + [6]


@pytest.mark.django_db
def test_cursor_pages_lead_back_the_same_way(many: list[str]) -> None:
    *_, last = (ask(ByMoment, link) for link in links(ByMoment, {"page_size": 100}))

    back = list(walk_from(last.data["previous"], "previous"))

    assert [key for page in reversed(back) for key in page] == many[:5:-1]
    assert [len(page) for page in back] == [100] * 11


def links(pages: type[BasePagination], query: dict[str, Any]) -> Iterator[str]:
    link = ask(pages, query).data["next"]
    while link:
        yield link
        link = ask(pages, link).data["next"]


def walk_from(link: str | None, direction: str) -> Iterator[list[str]]:
    while link:
        response = ask(ByMoment, link)
        yield [row["key"] for row in response.data["results"]]
        link = response.data[direction]


@pytest.mark.django_db
def test_columns_may_go_different_ways(many: list[str]) -> None:
    found = [key for page in walk(Mixed, {"page_size": 100}) for key in page]

    assert found == sorted(many, key=lambda key: (-(int(key) % 3), key))


@pytest.mark.django_db
def test_rows_that_come_between_neither_repeat_nor_hide_others(user: Any, many: list[str]) -> None:
    first = ask(ByMoment, {"page_size": 100})
    IdempotencyKey.objects.create(user=user, key="new", created_at=MOMENT.replace(year=2028))

    second = ask(ByMoment, first.data["next"])

    assert [row["key"] for row in second.data["results"]] == many[::-1][100:200]


@pytest.mark.django_db
def test_the_order_that_a_client_chooses_ends_in_the_key_too(user: Any, many: list[str]) -> None:
    found = [key for page in walk(ByMoment, {"page_size": 100, "ordering": "key"}) for key in page]

    assert found == many


@pytest.mark.django_db
def test_a_page_by_cursor_is_one_query_whatever_its_place(many: list[str]) -> None:
    *_, last = links(ByMoment, {"page_size": 100})

    with CaptureQueriesContext(connection) as queries:
        ask(ByMoment, last)

    assert len(queries) == 1
    # Compared as one row: an index on both columns leads straight to the place.
    sql = queries[0]["sql"].replace(connection.ops.quote_name("_")[0], "")
    assert "(core_idempotencykey.created_at, core_idempotencykey.id) < (" in sql


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "",
        lambda _: "cD0yMDI2",
        lambda _: "é:\x00",
        lambda cursor: cursor[:-1] + ("A" if cursor[-1] != "A" else "B"),
        lambda cursor: f"{cursor}&ordering=key",
    ],
    ids=["empty", "of another making", "not ASCII", "changed", "of another order"],
)
def test_a_cursor_that_this_list_has_not_given_out_is_not_found(spoil: Any, many: list[str]) -> None:
    link = ask(ByMoment).data["next"]
    cursor = parse_qs(urlsplit(link).query)["cursor"][0]
    name, _, ordering = spoil(cursor).partition("&ordering=")

    response = ask(ByMoment, {"cursor": name, **({"ordering": ordering} if ordering else {})})

    assert response.status_code == 404
    assert response.data["detail"] == "There is no page at this cursor. Begin anew without it."


@pytest.mark.django_db
def test_a_page_behind_which_everything_was_deleted_is_empty(many: list[str]) -> None:
    link = ask(ByMoment).data["next"]
    IdempotencyKey.objects.all().delete()

    assert ask(ByMoment, link).data == {"next": None, "previous": None, "results": []}


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["status", "nothing"])
def test_an_order_in_which_rows_could_have_no_place_is_a_mistake_of_ours(name: str, user: Any) -> None:
    class Wrong(CursorPages):
        ordering = (name,)
        page_size = 1

    IdempotencyKey.objects.create(user=user, key="a")
    IdempotencyKey.objects.create(user=user, key="b")
    request = Request(APIRequestFactory().get("/", {"page_size": 1}))

    with pytest.raises(ImproperlyConfigured, match="no column"):
        Wrong().paginate_queryset(IdempotencyKey.objects.all(), request)


@pytest.mark.django_db
@pytest.mark.parametrize("pages", [NumberedPages, ByMoment])
def test_browsable_api_shows_the_way_to_the_other_pages(pages: type[BasePagination], many: list[str]) -> None:
    paginator: Any = pages()
    request = Request(APIRequestFactory().get("/"))
    paginator.paginate_queryset(IdempotencyKey.objects.order_by("id"), request)

    assert 'class="pag' in paginator.to_html()
