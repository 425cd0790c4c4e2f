"""Total orders: with the primary key at the end no two rows tie, so pages neither repeat nor skip one."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db.models import BooleanField, F, Field, Func, Model, Q, Value


def total_order(order: Iterable[str], model: type[Model]) -> tuple[str, ...]:
    """Return ``order`` with the primary key at its end, in the direction of what stands before it."""
    names = tuple(order)
    if any(name.lstrip("-") in ("pk", model._meta.pk.name) for name in names):
        return names
    return (*names, "-pk" if names and names[-1].startswith("-") else "pk")


def reversed_order(order: Iterable[str]) -> tuple[str, ...]:
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in order)


def column(name: str, model: type[Model]) -> "Field[Any, Any]":
    """Return the column that ``name`` means in an order.

    Raises:
        ImproperlyConfigured: There is none, or it may be NULL: such rows have no place in the order.
    """
    plain = name.removeprefix("-")
    try:
        field = model._meta.pk if plain == "pk" else model._meta.get_field(plain)
    except FieldDoesNotExist:
        field = None
    if isinstance(field, Field) and field.concrete and not field.null:
        return field
    raise ImproperlyConfigured(
        f"{model.__name__} has no column {plain!r} without NULL, so no page can begin behind a row of it."
    )


def behind(order: Sequence[str], values: Sequence[Any], model: type[Model]) -> Q:
    """Return the condition for the rows that come after the one with ``values``, in a total order.

    Where all columns go the same way, they are compared as one row, ``(created_at, id) < (…, …)``: an
    index on them leads straight to the place, however many rows tie in the first column. The bound on
    the first column alone says nothing new, but leads there on MySQL too.
    """
    fields = [column(name, model) for name in order]
    descending = [name.startswith("-") for name in order]
    bound = Q((f"{fields[0].attname}__{'lte' if descending[0] else 'gte'}", values[0]))
    if len(set(descending)) == 1:
        row = _row(*(F(field.attname) for field in fields))
        place = _row(*(Value(value, field) for value, field in zip(values, fields, strict=True)))
        sign = " < " if descending[0] else " > "
        return bound & Q(
            Func(row, place, arg_joiner=sign, template="%(expressions)s", output_field=BooleanField())
        )
    beyond = Q()
    for name, field, value in reversed(list(zip(order, fields, values, strict=True))):
        further = Q((f"{field.attname}__{'lt' if name.startswith('-') else 'gt'}", value))
        beyond = further | (Q((field.attname, value)) & beyond) if beyond else further
    return bound & beyond


def _row(*expressions: F | Value) -> Func:
    return Func(*expressions, template="(%(expressions)s)", output_field=BooleanField())
