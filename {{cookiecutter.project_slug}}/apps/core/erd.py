"""The project's tables and how they refer to each other, as a diagram that GitHub draws.

The language is Mermaid's: https://mermaid.js.org/syntax/entityRelationshipDiagram.html. The same
models always make the same text, so a difference is a change of the models.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from django.apps import apps
from django.db import models

# The package in which the project's own apps are.
OWN = __name__.partition(".")[0]

Model: TypeAlias = type[models.Model]
Field: TypeAlias = models.Field[Any, Any]

HEAD = """\
# Tables

The tables of this project's own apps, and how they refer to each other; a box without lines is a table
of a library. `just docs` writes this page from the models: change those, not this text.

```mermaid
erDiagram
"""
FOOT = """\
```

`PK` is the primary key, `FK` a reference, `UK` unique; `null` may be empty. At the end of a line stand
how many rows there may be: `||` exactly one, `o|` none or one, `o{` any number.
"""


def write_document(own: Iterable[Model] | None = None) -> str:
    """Return the page with the diagram of these models, by default the project's own."""
    tables = sorted(own_models() if own is None else own, key=lambda model: model._meta.label)
    lines = [line for table in tables for line in (*entity(table), "")]
    lines += sorted(relation for table in tables for relation in relations(table, tables))
    diagram = "".join(f"    {line}".rstrip() + "\n" for line in lines)
    return HEAD + diagram + FOOT + "".join(unique_together(tables))


def own_models() -> list[Model]:
    configs = (config for config in apps.get_app_configs() if config.name.startswith(f"{OWN}."))
    # A proxy has no table of its own.
    return [model for config in configs for model in config.get_models() if not model._meta.proxy]


def name_of(model: Model) -> str:
    """The name in the diagram: in quotes, or a model called ``To`` would be a word of the language."""
    return f'"{model._meta.label}"'


def entity(model: Model) -> Iterator[str]:
    yield f"{name_of(model)} {{"
    for field in model._meta.local_concrete_fields:
        yield f"    {column(field)}"
    yield "}"


def column(field: Field) -> str:
    """For example ``BigIntegerField owner_id FK "null"``: the kind, name and keys of a column, and more."""
    is_reference = bool(field.remote_field)
    keys = {
        "PK": field in field.model._meta.pk_fields,
        "FK": is_reference,
        "UK": field.unique and not field.primary_key,
    }
    words = [kind_of(field), field.attname, ", ".join(key for key, is_one in keys.items() if is_one)]
    notes = ", ".join(notes_on(field))
    return " ".join(word for word in (*words, notes and f'"{notes}"') if word)


def kind_of(field: Field) -> str:
    """The kind of column, by the field of Django that makes it: the same on every database."""
    if isinstance(field, models.ForeignKey):
        # A reference to a number that counts up is a number that does not.
        return kind_of(field.target_field).replace("AutoField", "IntegerField")
    return field.get_internal_type()


def notes_on(field: Field) -> Iterator[str]:
    if isinstance(field, models.DecimalField):
        yield f"{field.max_digits} digits, {field.decimal_places} after the point"
    elif isinstance(field, models.CharField | models.FileField) and field.max_length:
        yield f"at most {field.max_length}"
    if field.null:
        yield "null"


def relations(model: Model, own: Sequence[Any]) -> Iterator[str]:
    """The references of a table, and the many-to-many relations whose own table is not drawn."""
    for field in model._meta.local_concrete_fields:
        if isinstance(field, models.ForeignKey):
            one = "|o" if field.null else "||"
            many = "o|" if field.unique else "o{"
            yield relation(field.related_model, f"{one}--{many}", model, field.name)
    for many_to_many in model._meta.local_many_to_many:
        if many_to_many.remote_field.through not in own:
            yield relation(model, "}o--o{", many_to_many.related_model, many_to_many.name)


def relation(left: Any, cardinalities: str, right: Any, name: str) -> str:
    return f'{name_of(left)} {cardinalities} {name_of(right)} : "{name}"'


def unique_together(own: Sequence[Model]) -> Iterator[str]:
    """The columns that are unique only together, which the diagram has no sign for."""
    lines = [
        f"- {model._meta.label}: {', '.join(constraint.fields)}\n"
        for model in own
        for constraint in model._meta.total_unique_constraints
    ]
    if lines:
        yield "\nUnique together:\n\n"
        yield from sorted(lines)


def differences(committed: str, fresh: str) -> Iterator[str]:
    """Say what one document has and the other lacks, each with its table."""
    old, new = list(facts(committed)), list(facts(fresh))
    yield from (f"is missing: {fact}" for fact in new if fact not in old)
    yield from (f"is no longer true: {fact}" for fact in old if fact not in new)
    if committed != fresh and old == new:
        yield "is in another order, or the text around the diagram is another"


def facts(document: str) -> Iterator[str]:
    """Each line of a document; the columns with their table in front."""
    table = ""
    for line in document.splitlines():
        if line.endswith(" {"):
            table = f"{line.removesuffix(' {').strip()} "
        elif line.strip() == "}":
            table = ""
            continue
        if line.strip():
            yield f"{table if line.startswith(' ' * 8) else ''}{line.strip().removesuffix(' {')}"
