"""Clients change what a serializer names, and nothing else of the row, whatever they send."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import BooleanField, DateField, Field, Model, Q
from django.urls import URLPattern, get_resolver, reverse
from django_filters import FilterSet
from rest_framework.mixins import UpdateModelMixin
from rest_framework.serializers import ModelSerializer
from rest_framework.test import APIClient

from apps.users.models import User
from tests.test_query_counts import list_routes, named_patterns, row_makers

LATER = "2999-01-01T00:00:00Z"
# Whose something is, and what somebody may do: never for the client to say.
NEVER_WRITABLE = {
    *("id", "pk", "owner", "user", "guest", "author", "created_at", "updated_at", "date_joined"),
    *("is_staff", "is_superuser", "is_active", "groups", "user_permissions", "last_login"),
}


def subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    """Every class of ours below ``cls``."""
    # The urls import all views, which import all serializers and filters.
    list(named_patterns(get_resolver().url_patterns))
    for subclass in cls.__subclasses__():
        yield from subclasses(subclass)
        if subclass.__module__.startswith("apps.") and ".tests." not in subclass.__module__:
            yield subclass


@pytest.mark.lesson("input-validation-and-injection")
def test_serializers_and_filters_name_their_fields() -> None:
    found = {*subclasses(ModelSerializer), *subclasses(FilterSet)}
    everything = [
        f"{cls.__module__}.{cls.__name__}"
        for cls in found
        for meta in [getattr(cls, "Meta", None)]
        if getattr(meta, "fields", None) == "__all__" or getattr(meta, "exclude", None)
    ]

    assert found
    assert everything == [], "A field that is added to the model later would be open to clients."


@pytest.mark.lesson("input-validation-and-injection")
def test_no_serializer_takes_rights_or_owners_from_the_client() -> None:
    taken = {
        f"{cls.__name__}.{name}"
        for cls in subclasses(ModelSerializer)
        for name, field in cls().fields.items()
        if not field.read_only and NEVER_WRITABLE & {name, field.source}
    }

    assert taken == set()


def changeable_routes() -> dict[str, URLPattern]:
    """Every route that takes a PATCH."""
    return {
        name: pattern
        for name, pattern in named_patterns(get_resolver().url_patterns)
        if issubclass(getattr(pattern.callback, "cls", object), UpdateModelMixin)
        and "patch" in getattr(pattern.callback, "actions", {"patch": ""})
    }


def addresses_of(route: str, pattern: URLPattern, client: APIClient, user: User) -> Iterator[str]:
    """Make rows, and yield the address of one from each list of the same view."""
    view: Any = pattern.callback
    if not pattern.pattern.converters:
        yield reverse(route)
    lists = dict(named_patterns(get_resolver().url_patterns))
    for name in list_routes():
        if getattr(lists[name].callback, "cls", None) is view.cls and pattern.pattern.converters:
            row = client.get(reverse(name, kwargs=row_makers()[name](user, 2))).json()["results"][0]
            yield reverse(route, kwargs={next(iter(pattern.pattern.converters)): row["id"]})


def another(field: "Field[Any, Any]", value: Any) -> Any:
    """Something else that would fit the field."""
    if isinstance(field, BooleanField):
        return not value
    if isinstance(field, DateField):
        return LATER
    return value + 1 if isinstance(value, int) else "changed by the client"


@pytest.mark.lesson("input-validation-and-injection")
@pytest.mark.parametrize("route", changeable_routes())
def test_fields_that_clients_may_not_write_stay_as_they_are(
    route: str, client_of_user: APIClient, user: User
) -> None:
    pattern = changeable_routes()[route]
    view: Any = pattern.callback
    writable = {name for name, field in view.cls.serializer_class().fields.items() if not field.read_only}
    model: type[Model] = view.cls.serializer_class.Meta.model
    forbidden = [
        field
        for field in model._meta.concrete_fields
        if not {field.name, field.attname} & writable and not getattr(field, "auto_now", False)
    ]
    names = [field.attname for field in forbidden]

    answers = {}
    for address in addresses_of(route, pattern, client_of_user, user):
        key = address.rstrip("/").rpartition("/")[2]
        rows = model._base_manager.filter(Q(pk=key) if key.isdigit() else Q(pk=user.pk))
        before = rows.values(*names).get()
        body = {
            name: another(field, before[field.attname])
            for field in forbidden
            for name in (field.name, field.attname)
        }
        answers[address] = client_of_user.patch(address, body).status_code
        assert rows.values(*names).get() == before

    assert 200 in answers.values(), answers
