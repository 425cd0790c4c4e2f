"""Every list of the API comes in pages of bounded size and in an order, whoever writes the next one."""

from typing import Any

import pytest
import yaml
from django.core.paginator import Paginator, UnorderedObjectListWarning
from django.urls import get_resolver, reverse
from rest_framework.test import APIClient

from apps.core.api import pagination
from apps.core.api.filters import ordering_choices
from apps.users.models import User
from tests.processes import PROJECT_DIR
from tests.test_query_counts import list_routes, named_patterns, row_makers


@pytest.mark.lesson("pagination-bounds")
@pytest.mark.parametrize("route", list_routes())
def test_list_answers_a_page_and_not_more_than_the_maximum(
    route: str, client_of_user: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that three rows are too many.
    monkeypatch.setattr(pagination, "MAX_PAGE_SIZE", 2)
    parameters = row_makers()[route](user, 3)

    page = client_of_user.get(reverse(route, kwargs=parameters), {"page_size": 1_000_000}).json()

    assert isinstance(page, dict), "A bare list grows with its table."
    assert page.keys() >= {"next", "previous", "results"}
    assert len(page["results"]) == 2
    assert page["next"] is not None


@pytest.mark.lesson("pagination-bounds")
def test_no_answer_of_the_documents_is_a_bare_list() -> None:
    documents = [
        yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in (PROJECT_DIR / "docs" / "openapi").glob("*.yaml")
    ]
    bare = [
        f"GET {path}"
        for document in documents
        for path, operations in document["paths"].items()
        for media in operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).values()
        if media["schema"].get("type") == "array"
    ]

    assert documents
    assert bare == []


@pytest.mark.django_db
@pytest.mark.lesson("pagination-bounds")
def test_pages_of_a_list_without_an_order_are_an_error() -> None:
    with pytest.raises(UnorderedObjectListWarning):
        Paginator(User.objects.order_by(), 1).page(1)


def orders() -> list[tuple[str, str]]:
    """Each list with each order that it offers."""
    views: dict[str, Any] = {
        name: pattern.callback for name, pattern in named_patterns(get_resolver().url_patterns)
    }
    return [(route, order) for route in list_routes() for order in ordering_choices(views[route].cls)]


def test_every_order_that_a_list_offers_works(client_of_user: APIClient, user: User) -> None:
    statuses = {}
    for route, order in orders():
        address = reverse(route, kwargs=row_makers()[route](user, 3))
        statuses[route, order] = client_of_user.get(address, {"ordering": order}).status_code

    assert set(statuses.values()) <= {200}, statuses
