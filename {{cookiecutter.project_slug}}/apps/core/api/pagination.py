"""Lists in pages, never whole: by number where people page, by cursor where lists grow.

https://www.django-rest-framework.org/api-guide/pagination/
"""

from collections.abc import Sequence
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import Field, Model, QuerySet
from django.template.loader import render_to_string
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import BasePagination, PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from apps.core.database.order import behind, column, reversed_order, total_order

PAGE_SIZE = 50
MAX_PAGE_SIZE = 100
PAGE_SIZE_PARAMETER = {
    "name": "page_size",
    "in": "query",
    "required": False,
    "description": f"How many entries a page holds; what is above {MAX_PAGE_SIZE} counts as {MAX_PAGE_SIZE}.",
    "schema": {"type": "integer", "minimum": 1, "default": PAGE_SIZE},
}


def page_size_of(request: Request) -> int:
    """Return the size that was asked for, capped.

    Raises:
        ValidationError: It is not a positive whole number.
    """
    asked = request.query_params.get("page_size")
    if asked is None:
        return PAGE_SIZE
    # Leading zeros aside, so that the count of digits is the size: int() refuses thousands of them.
    digits = asked.lstrip("0")
    if not (digits.isascii() and digits.isdecimal()):
        raise ValidationError({"page_size": ["A positive whole number is needed."]})
    return MAX_PAGE_SIZE if len(digits) > len(str(MAX_PAGE_SIZE)) else min(int(digits), MAX_PAGE_SIZE)


def link_schema(description: str, example: str) -> dict[str, Any]:
    return {
        "type": "string",
        "format": "uri",
        "nullable": True,
        "description": description,
        "example": f"https://api.example.com/api/v1/things/?{example}",
    }


class NumberedPages(PageNumberPagination):
    """Pages by number: ``?page=2&page_size=20``. A client cannot ask for everything at once.

    Each page counts and skips what stands before it: for lists through which people page. One that
    grows without end is for :class:`CursorPages`.
    """

    page_size = PAGE_SIZE
    page_size_query_param = "page_size"
    max_page_size = MAX_PAGE_SIZE
    # One way to say it: numbers.
    last_page_strings = ()

    def get_page_size(self, request: Request) -> int:
        return page_size_of(request)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "Of all pages together.", "example": 123},
                "next": link_schema("The next page; null on the last one.", "page=4"),
                "previous": link_schema("The page before; null on the first one.", "page=2"),
                "results": {**schema, "maxItems": MAX_PAGE_SIZE},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        number = {
            "name": self.page_query_param,
            "in": "query",
            "required": False,
            "description": "The number of the page. One after the last is not found (404).",
            "schema": {"type": "integer", "minimum": 1, "default": 1},
        }
        return [number, PAGE_SIZE_PARAMETER]


class CursorPages(BasePagination):
    """Pages by cursor: each link says behind which row the page begins, so the last is as fast as the first.

    REST framework's own cursor knows one field and skips over rows that tie in it, a thousand at
    most; here the whole order counts, so any number of rows may share a moment.

    Set ``ordering`` on a subclass: columns of the model that are never NULL, such as
    ``("-created_at", "-id")``. The primary key is added where it is missing, or rows would tie.
    An index on the same columns makes it fast. Where the view lets clients choose (``ordering_fields``),
    their choice comes first.
    """

    ordering: Sequence[str] = ("-pk",)
    page_size = PAGE_SIZE
    max_page_size = MAX_PAGE_SIZE
    template = "rest_framework/pagination/previous_and_next.html"

    # Only of querysets: a list in memory can be paged by number.
    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        self.request = request
        size = page_size_of(request)
        order = self.order_of(queryset, request, view)
        # A cursor of another model, or of another order, does not pass the signature.
        self.signer = Signer(salt=f"{queryset.model._meta.label}:{','.join(order)}")
        columns = [column(name, queryset.model) for name in order]
        backwards, position = self.read_cursor(columns)
        direction = reversed_order(order) if backwards else order
        rows = queryset.order_by(*direction)
        if position is not None:
            rows = rows.filter(behind(direction, position, queryset.model))
        # One more than asked for, to see whether there is more.
        found = list(rows[: size + 1])
        more, page = len(found) > size, found[:size]
        if backwards:
            page.reverse()
        has_next = bool(page) and (backwards or more)
        has_previous = bool(page) and (more if backwards else position is not None)
        self.next_link = self.link(page[-1], columns, backwards=False) if has_next else None
        self.previous_link = self.link(page[0], columns, backwards=True) if has_previous else None
        self.display_page_controls = has_next or has_previous
        return page

    def order_of(self, queryset: QuerySet[Any], request: Request, view: APIView | None) -> tuple[str, ...]:
        """Return the columns to order by, ending in the primary key."""
        chosen: Sequence[str] | None = None
        for backend in getattr(view, "filter_backends", []):
            if hasattr(backend, "get_chosen_ordering"):
                chosen = chosen or backend().get_chosen_ordering(request, queryset, view)
        return total_order(chosen or self.ordering, queryset.model)

    def read_cursor(self, columns: Sequence["Field[Any, Any]"]) -> tuple[bool, list[Any] | None]:
        """Return whether to go backwards, and the values behind which the page begins.

        Raises:
            NotFound: No list of this model in this order has given out such a cursor.
        """
        signed = self.request.query_params.get("cursor")
        if signed is None:
            return False, None
        try:
            backwards, *texts = self.signer.unsign_object(signed)
        except BadSignature:
            raise NotFound("There is no page at this cursor. Begin anew without it.") from None
        return backwards, [field.to_python(text) for field, text in zip(columns, texts, strict=True)]

    def link(self, row: Model, columns: Sequence["Field[Any, Any]"], *, backwards: bool) -> str:
        texts = [field.value_to_string(row) for field in columns]
        cursor = self.signer.sign_object([backwards, *texts])
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"next": self.next_link, "previous": self.previous_link, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {
                "next": link_schema("The next page; null on the last one.", "cursor=WyIyMDI2LTA"),
                "previous": link_schema("The page before; null on the first one.", "cursor=WyIyMDI1LTE"),
                "results": {**schema, "maxItems": MAX_PAGE_SIZE},
            },
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        cursor = {
            "name": "cursor",
            "in": "query",
            "required": False,
            "description": "Where the page begins: only ever taken from the links `next` and `previous`.",
            "schema": {"type": "string"},
        }
        return [cursor, PAGE_SIZE_PARAMETER]

    def to_html(self) -> str:
        links = {"previous_url": self.previous_link, "next_url": self.next_link}
        return render_to_string(self.template, links)
