"""Query parameters: what a list declares works, and everything else is refused with what there is."""

from typing import Any

import django_filters
import pytest
from rest_framework import generics, serializers
from rest_framework.test import APIRequestFactory

from apps.core.api.filters import DeclaredOrdering, DeclaredSearch
from apps.core.models import IdempotencyKey


class KeySerializer(serializers.ModelSerializer[IdempotencyKey]):
    class Meta:
        model = IdempotencyKey
        fields = ("key",)


class KeyFilters(django_filters.FilterSet):  # type: ignore[misc]
    status = django_filters.RangeFilter()

    class Meta:
        model = IdempotencyKey
        fields = ("fingerprint",)


class Keys(generics.ListAPIView[IdempotencyKey]):
    queryset = IdempotencyKey.objects.order_by("key")
    serializer_class = KeySerializer
    permission_classes = ()
    filterset_class = KeyFilters
    search_fields = ("key", "^body")
    ordering_fields = ("status", "fingerprint")


class OneKey(generics.RetrieveAPIView[IdempotencyKey]):
    queryset = IdempotencyKey.objects.all()
    serializer_class = KeySerializer
    permission_classes = ()
    filterset_fields = ("fingerprint",)
    search_fields = ("key",)
    ordering_fields = ("status",)


class PlainKeys(generics.ListAPIView[IdempotencyKey]):
    queryset = IdempotencyKey.objects.order_by("-key")
    serializer_class = KeySerializer
    permission_classes = ()
    query_parameters = ("moon",)


@pytest.fixture(autouse=True)
def _keys(user: Any) -> None:
    for key, status in (("apple pie", 1), ("apple", 2), ("pear", 1)):
        IdempotencyKey.objects.create(user=user, key=key, status=status, fingerprint="same")


def ask(query: dict[str, Any], view: Any = Keys) -> Any:
    return view.as_view()(APIRequestFactory().get("/", query))


def keys(query: dict[str, Any], view: Any = Keys) -> list[str]:
    return [row["key"] for row in ask(query, view).data["results"]]


def test_declared_parameters_work() -> None:
    assert keys({"status_min": 2}) == ["apple"]
    assert keys({"search": "pie apple"}) == ["apple pie"]
    assert keys({"ordering": "-status"}) == ["apple", "pear", "apple pie"]
    assert keys({"page_size": 1, "page": 2}) == ["apple pie"]
    assert keys({"format": "json", "fingerprint": "other"}) == []


@pytest.mark.lesson("input-validation-and-injection")
def test_unknown_parameter_is_refused_with_those_that_there_are() -> None:
    response = ask({"stats": 1, "key": "pear"})

    assert response.status_code == 400
    there_are = (
        "There is no such parameter. There are: fingerprint, format, ordering, page, page_size, search, "
        "status_max, status_min."
    )
    assert response.data["errors"] == [
        {"parameter": name, "code": "unknown", "detail": there_are} for name in ("stats", "key")
    ]


@pytest.mark.parametrize("parameter", ["search", "ordering", "fingerprint"])
def test_parameters_that_a_list_has_not_declared_are_unknown(parameter: str) -> None:
    response = ask({parameter: "x"}, PlainKeys)

    assert response.data["errors"][0]["parameter"] == parameter
    assert response.data["errors"][0]["detail"].endswith("There are: format, moon, page, page_size.")


def test_a_list_without_filters_keeps_the_order_of_its_queryset() -> None:
    assert keys({"moon": "full"}, PlainKeys) == ["pear", "apple pie", "apple"]


@pytest.mark.parametrize("name", ["key", "user__password", "?", "status,-secret", "--status"])
@pytest.mark.lesson("input-validation-and-injection")
def test_undeclared_order_is_refused_with_those_that_there_are(name: str) -> None:
    response = ask({"ordering": name})

    assert response.status_code == 400
    (error,) = response.data["errors"]
    assert (error["parameter"], error["code"]) == ("ordering", "unknown")
    assert error["detail"].endswith("There are: status, -status, fingerprint, -fingerprint.")


@pytest.mark.parametrize(
    ("query", "parameter"), [({"status_min": "x"}, "status"), ({"search": "a\x00"}, "search")]
)
def test_unusable_value_is_refused_by_the_name_of_its_parameter(
    query: dict[str, Any], parameter: str
) -> None:
    response = ask(query)

    assert response.status_code == 400
    assert [error["parameter"] for error in response.data["errors"]] == [parameter]


@pytest.mark.parametrize(
    ("ordering", "sql"),
    [
        ("status", ["status", "pk"]),
        ("-status", ["-status", "-pk"]),
        ("status,-fingerprint,-status", ["status", "-fingerprint", "-pk"]),
        ("", ["key", "pk"]),
    ],
)
def test_every_order_ends_in_the_key(ordering: str, sql: list[str]) -> None:
    view = Keys()
    view.setup(APIRequestFactory().get("/", {"ordering": ordering}))
    view.request = view.initialize_request(view.request)

    ordered = view.filter_queryset(view.get_queryset())

    assert list(ordered.query.order_by) == sql


def test_list_without_any_order_stays_one_so_that_the_tests_warn_of_it() -> None:
    view = Keys()
    view.setup(APIRequestFactory().get("/"))
    view.request = view.initialize_request(view.request)

    assert not view.filter_queryset(IdempotencyKey.objects.all()).ordered


def test_the_address_of_one_object_is_not_filtered() -> None:
    key = IdempotencyKey.objects.get(key="pear")
    request = APIRequestFactory().get("/", {"anything": "1", "search": "apple", "ordering": "x"})

    response = OneKey.as_view()(request, pk=key.pk)

    assert response.data == {"key": "pear"}


def test_document_names_declared_parameters_only() -> None:
    backends = DeclaredSearch(), DeclaredOrdering()

    described = [backend.get_schema_operation_parameters(Keys()) for backend in backends]

    assert [parameter["name"] for (parameter,) in described] == ["search", "ordering"]
    assert [backend.get_schema_operation_parameters(PlainKeys()) for backend in backends] == [[], []]
