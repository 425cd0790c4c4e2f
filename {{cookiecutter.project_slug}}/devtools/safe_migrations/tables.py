"""Tables and columns of a state of the models, as migrations know it: nothing is rendered or asked."""

from typing import Any

from django.db import models
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.functions import Now

Column = tuple[str, str]

# Of a field, what decides about the form of its column.
KEPT = ("decimal_places", "db_collation")
LIMITS = ("max_length", "max_digits")
# A foreign key's column is the same, whether its values are unique or not.
SAME_TYPES = {"OneToOneField": "ForeignKey"}
ONE_BYTE = 255


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


def join_table_as(model: ModelState, name: str, field: "models.Field[Any, Any]") -> str | None:
    """The table that Django makes for a many-to-many field, unless that has a model of its own."""
    if not isinstance(field, models.ManyToManyField) or field.remote_field.through:
        return None
    return str(getattr(field, "db_table", None) or f"{table_of(model)}_{name}")


def place_as(model: ModelState, name: str, field: "models.Field[Any, Any]") -> str | None:
    """Where the database has what a field of this name holds: the name of a column, or of a table."""
    return column_as(name, field) or join_table_as(model, name, field)


def has_table(model: ModelState) -> bool:
    return model.options.get("managed", True) and not model.options.get("proxy", False)


def tables_in(state: ProjectState) -> set[str]:
    models_with_tables = [model for model in state.models.values() if has_table(model)]
    joins = {join_table_as(model, *item) for model in models_with_tables for item in model.fields.items()}
    return {table_of(model) for model in models_with_tables} | {table for table in joins if table}


def columns_in(state: ProjectState) -> "dict[Column, models.Field[Any, Any]]":
    return {
        (table_of(model), column): model.fields[name]
        for model in state.models.values()
        if has_table(model)
        for name in model.fields
        if (column := column_of(model, name))
    }


def is_indexed(field: "models.Field[Any, Any]") -> bool:
    return field.unique or bool(getattr(field, "db_index", False))


def gets_an_index(old: "models.Field[Any, Any]", new: "models.Field[Any, Any]") -> bool:
    """Whether one is built; where a column was unique before, its index goes with that."""
    return is_indexed(new) and not new.unique and (old.unique or not is_indexed(old))


def has_db_default(field: "models.Field[Any, Any]") -> bool:
    return field.db_default is not models.NOT_PROVIDED


def is_filled_by_the_database(field: "models.Field[Any, Any]") -> bool:
    """Whether rows may be inserted without its column."""
    return field.null or has_db_default(field) or getattr(field, "generated", False)


def is_filled_alike(field: "models.Field[Any, Any]") -> bool:
    """Whether the rows that are there all get the same; what Python makes is made once."""
    default = field.db_default
    is_constant = isinstance(default, (models.Value, Now)) or not hasattr(default, "resolve_expression")
    return is_constant if has_db_default(field) else field.has_default()


def is_constrained(field: "models.Field[Any, Any]") -> bool:
    """Whether the database looks after a foreign key."""
    return isinstance(field, models.ForeignKey) and bool(getattr(field, "db_constraint", True))


def needs_a_longer_length(old: "models.Field[Any, Any]", new: "models.Field[Any, Any]") -> bool:
    """Whether MySQL begins to need two bytes for the length of a text, at four for each character."""
    before, after = old.max_length, new.max_length
    return before is not None and after is not None and before * 4 <= ONE_BYTE < after * 4


def takes_what_it_took(old: "models.Field[Any, Any]", new: "models.Field[Any, Any]") -> bool:
    """Whether a column keeps its type, and grows at most."""
    return (
        type_of(old) == type_of(new)
        and target_of(old) == target_of(new)
        and all(getattr(old, part, None) == getattr(new, part, None) for part in KEPT)
        and all(is_room(getattr(new, part, None), getattr(old, part, None)) for part in LIMITS)
    )


def type_of(field: "models.Field[Any, Any]") -> str:
    name = field.get_internal_type()
    return SAME_TYPES.get(name, name)


def target_of(field: "models.Field[Any, Any]") -> object:
    target = getattr(field.remote_field, "model", None)
    return target.lower() if isinstance(target, str) else target


def is_room(new: int | None, old: int | None) -> bool:
    """Whether a limit leaves room for all that the old one did; None is no limit."""
    return new is None or (old is not None and new >= old)
