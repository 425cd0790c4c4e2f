"""Lists cost the same number of queries however long they are, every list of the API.

Nothing is registered here: the lists are found in the root urls, and an app says in ``ROWS`` of its
``tests/rows.py`` how to make rows for each.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from rest_framework.mixins import ListModelMixin
from rest_framework.test import APIClient
from zeal import NPlusOneError, zeal_ignore
from zeal.middleware import zeal_middleware

from apps.users.models import User
from apps.users.tests.factories import UserFactory

# Makes as many rows as asked for that the user sees in one list; returns the parameters of its address.
RowMaker = Callable[[User, int], dict[str, Any]]
FEW, MANY = 3, 30


def named_patterns(patterns: list[Any], namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every named route of the API, with its namespace."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from named_patterns(pattern.url_patterns, inner)
        elif pattern.name:
            yield namespace + pattern.name, pattern


def is_list(pattern: URLPattern) -> bool:
    """Whether a GET answers many: a list, or another action that is about no single one."""
    view: Any = pattern.callback
    if hasattr(view, "actions"):
        return "get" in (view.actions or {}) and view.initkwargs.get("detail") is False
    return issubclass(getattr(view, "cls", object), ListModelMixin)


def list_routes() -> list[str]:
    patterns = named_patterns(get_resolver().url_patterns)
    return sorted({name for name, pattern in patterns if is_list(pattern)})


def row_makers() -> dict[str, RowMaker]:
    modules = [f"{app}.tests.rows" for app in settings.LOCAL_APPS if find_spec(f"{app}.tests")]
    return {
        name: maker
        for module in modules
        if find_spec(module)
        for name, maker in import_module(module).ROWS.items()
    }


def queries_of(route: str, rows: int, client: APIClient, user: User) -> list[str]:
    """The queries of one page that holds so many rows, and of no others."""
    with transaction.atomic():
        parameters = row_makers()[route](user, rows)
        # This test counts for itself; without the other guard it can say how many they are.
        with zeal_ignore(), CaptureQueriesContext(connection) as queries:
            response = client.get(reverse(route, kwargs=parameters), {"page_size": 100})
        transaction.set_rollback(True)
    assert response.status_code == 200, response.content
    assert len(response.json()["results"]) == rows
    return [query["sql"] for query in queries.captured_queries]


def test_every_list_has_a_maker_of_rows() -> None:
    missing = set(list_routes()) - set(row_makers())

    assert missing == set(), "Say in ROWS of the app's tests/rows.py how to make rows for these lists."


def test_every_maker_of_rows_is_for_a_list() -> None:
    assert set(row_makers()) - set(list_routes()) == set()


@pytest.mark.lesson("orm-n-plus-one")
@pytest.mark.parametrize("route", list_routes())
def test_list_costs_the_same_queries_however_long(route: str, client_of_user: APIClient, user: User) -> None:
    few = queries_of(route, FEW, client_of_user, user)
    many = queries_of(route, MANY, client_of_user, user)

    last = "\n".join(many[-3:])
    assert len(many) == len(few), f"{MANY} rows: {len(many)} queries, {FEW}: {len(few)}. The last:\n{last}"


@pytest.mark.django_db
@pytest.mark.lesson("orm-n-plus-one")
def test_query_for_each_row_is_an_error_in_tests() -> None:
    def groups_of_everybody(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str([list(user.groups.all()) for user in User.objects.all()]))

    UserFactory.create_batch(2)

    assert "zeal.middleware.zeal_middleware" in settings.MIDDLEWARE
    with pytest.raises(NPlusOneError, match=r"N\+1 detected on users\.User\.groups"):
        zeal_middleware(groups_of_everybody)(RequestFactory().get("/"))
