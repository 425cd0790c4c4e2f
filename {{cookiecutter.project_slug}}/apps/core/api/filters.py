"""Filtering, search and ordering on what a view declares, and on nothing else.

A list view declares ``filterset_class`` (or ``filterset_fields``), ``search_fields`` and
``ordering_fields``. Whatever else stands in the query string is refused: a misspelt filter that is
ignored answers everything, and looks as if it had worked.

https://www.django-rest-framework.org/api-guide/filtering/
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.forms import Widget
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.widgets import SuffixedMultiWidget
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from apps.core.api.problems import ParameterError
from apps.core.database.order import total_order


def is_about_one_object(view: APIView) -> bool:
    """Whether the view looks up one object of its queryset; such an address names it already."""
    lookup = getattr(view, "lookup_url_kwarg", None) or getattr(view, "lookup_field", None)
    return lookup in view.kwargs


class DeclaredFilters(DjangoFilterBackend):  # type: ignore[misc]
    """django-filter, and the refusal of parameters that no part of the view knows.

    A view that reads parameters of its own names them in ``query_parameters``; the filter set is the
    better place, because it checks and documents them.
    """

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        if is_about_one_object(view):
            return queryset
        allowed = set(self.known_parameters(queryset, view))
        unknown = [name for name in request.query_params if name not in allowed]
        if unknown:
            choice = f"There are: {', '.join(sorted(allowed))}."
            raise ParameterError(
                {name: [ErrorDetail(f"There is no such parameter. {choice}", "unknown")] for name in unknown}
            )
        try:
            return super().filter_queryset(request, queryset, view)  # type: ignore[no-any-return]
        except ValidationError as error:
            raise ParameterError(error.detail) from None

    def known_parameters(self, queryset: QuerySet[Any], view: APIView) -> Iterator[str]:
        yield from getattr(view, "query_parameters", ())
        if api_settings.URL_FORMAT_OVERRIDE:
            yield api_settings.URL_FORMAT_OVERRIDE
        if filters := self.get_filterset_class(view, queryset):
            for name, one in filters.base_filters.items():
                yield from names_of(name, one.field.widget)
        backends = [backend() for backend in getattr(view, "filter_backends", [])]
        paginator = getattr(view, "paginator", None)
        for part in (*backends, paginator):
            if hasattr(part, "get_schema_operation_parameters"):
                yield from (parameter["name"] for parameter in part.get_schema_operation_parameters(view))


def names_of(name: str, widget: Widget) -> list[str]:
    """Return the parameters of one filter: a range has several, such as ``price_min`` and ``price_max``."""
    if not isinstance(widget, SuffixedMultiWidget):
        return [name]
    return [widget.suffixed(name, suffix) for suffix in widget.suffixes]


class DeclaredSearch(SearchFilter):
    """``?search=``: rows in which every word occurs in one of ``search_fields``."""

    def get_search_terms(self, request: Request) -> list[str]:
        try:
            return list(super().get_search_terms(request))
        except ValidationError as error:
            raise ParameterError({self.search_param: error.detail}) from None

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        return queryset if is_about_one_object(view) else super().filter_queryset(request, queryset, view)

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        fields = getattr(view, "search_fields", ())
        if not fields:
            return []
        names = ", ".join(field.lstrip("^=@$").replace("__", " ") for field in fields)
        return [
            {
                "name": self.search_param,
                "in": "query",
                "required": False,
                "description": f"Only what has each of these words in: {names}.",
                "schema": {"type": "string"},
            }
        ]


class DeclaredOrdering(OrderingFilter):
    """``?ordering=``: by one or more of ``ordering_fields``, with ``-`` from the end.

    Every order ends in the primary key: rows that tie would change places between two pages.
    """

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: APIView) -> Sequence[str] | None:
        return self.get_chosen_ordering(request, queryset, view) or self.get_default_ordering(view)

    def get_chosen_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> tuple[str, ...] | None:
        """Return the order that the client asks for.

        Raises:
            ParameterError: One of the names is not among ``ordering_fields``.
        """
        asked = request.query_params.get(self.ordering_param, "")
        names = [name.strip() for name in asked.split(",") if name.strip()]
        choices = ordering_choices(view)
        unknown = [name for name in names if name not in choices]
        if unknown:
            message = f"There is no order {unknown[0]!r}. There are: {', '.join(choices)}."
            raise ParameterError({self.ordering_param: [ErrorDetail(message, "unknown")]})
        # A column that comes a second time says nothing.
        chosen: dict[str, str] = {}
        for name in names:
            chosen.setdefault(name.removeprefix("-"), name)
        return tuple(chosen.values()) or None

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        if is_about_one_object(view):
            return queryset
        order = self.get_ordering(request, queryset, view) or declared_order(queryset)
        # Nothing to end: Django warns of a list without an order, and the tests turn that into an error.
        return queryset.order_by(*total_order(order, queryset.model)) if order else queryset

    def get_valid_fields(
        self, queryset: QuerySet[Any], view: APIView, context: Any = None
    ) -> list[tuple[str, str]]:
        return [(name, name) for name in getattr(view, "ordering_fields", None) or ()]

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        choices = ordering_choices(view)
        if not choices:
            return []
        return [
            {
                "name": self.ordering_param,
                "in": "query",
                "required": False,
                "description": "What to order by; a `-` turns it round.",
                "explode": False,
                "schema": {"type": "array", "items": {"type": "string", "enum": choices}},
            }
        ]


def ordering_choices(view: APIView) -> list[str]:
    fields = getattr(view, "ordering_fields", None) or ()
    return [choice for field in fields for choice in (field, f"-{field}")]


def declared_order(queryset: QuerySet[Any]) -> tuple[Any, ...]:
    """Return the order that the queryset or its model asks for."""
    own = queryset.query.order_by
    if own or not queryset.query.default_ordering:
        return tuple(own)
    return tuple(queryset.model._meta.ordering)
