"""Tables and columns of a state of the models, as migrations know it: nothing is rendered or asked."""

from typing import Any

from django.db import models
from django.db.migrations.state import ModelState, ProjectState

Column = tuple[str, str]

# Of a field, what decides about the form of its column.
KEPT = ("decimal_places", "db_collation")
LIMITS = ("max_length", "max_digits")


def model_in(state: ProjectState, label: str, name: str) -> ModelState | None:
    return state.models.get((label, name.lower()))


def table_of(model: ModelState) -> str:
    return str(model.options.get("db_table") or f"{model.app_label}_{model.name_lower}")


def column_of(model: ModelState, name: str) -> str | None:
    """The column of a field, or None where it has none, as many-to-many fields."""
    return column_as(name, model.fields[name])


def column_as(name: str, field: "models.Field[Any, Any]") -> str | None:
    """The column that a field has under this name."""
    if isinstance(field, models.ManyToManyField):
        return None
    return str(field.db_column or (f"{name}_id" if isinstance(field, models.ForeignKey) else name))


def has_table(model: ModelState) -> bool:
    return model.options.get("managed", True) and not model.options.get("proxy", False)


def tables_in(state: ProjectState) -> set[str]:
    return {table_of(model) for model in state.models.values() if has_table(model)}


def columns_in(state: ProjectState) -> set[Column]:
    return {
        (table_of(model), column)
        for model in state.models.values()
        if has_table(model)
        for name in model.fields
        if (column := column_of(model, name))
    }


def is_indexed(field: "models.Field[Any, Any]") -> bool:
    return field.unique or bool(getattr(field, "db_index", False))


def takes_what_it_took(old: "models.Field[Any, Any]", new: "models.Field[Any, Any]") -> bool:
    """Whether a column keeps its type, and grows at most."""
    return (
        old.get_internal_type() == new.get_internal_type()
        and target_of(old) == target_of(new)
        and all(getattr(old, part, None) == getattr(new, part, None) for part in KEPT)
        and all(is_room(getattr(new, part, None), getattr(old, part, None)) for part in LIMITS)
    )


def target_of(field: "models.Field[Any, Any]") -> object:
    target = getattr(field.remote_field, "model", None)
    return target.lower() if isinstance(target, str) else target


def is_room(new: int | None, old: int | None) -> bool:
    """Whether a limit leaves room for all that the old one did; None is no limit."""
    return new is None or (old is not None and new >= old)
