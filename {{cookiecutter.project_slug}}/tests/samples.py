"""Rows as a database of years has them: plain ones, and for each column what is extreme and yet allowed.

They are made with the models of a migration, which know nothing of the code. So nothing but the database
says what is allowed, as for rows of former times.
"""

import datetime
import itertools
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import suppress
from decimal import Decimal
from typing import Any, TypeAlias, cast

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction

Model = type[models.Model]
Field: TypeAlias = "models.Field[Any, Any]"

LONG_TEXT = "é" * 5000
DAY = datetime.date(2024, 1, 1)
MOMENT = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.UTC)
# A plain value of each kind of column, for the number of a row. Row 0 is always the same: duplicates.
PLAIN: Mapping[str, Callable[[int], Any]] = {
    "BinaryField": lambda _: b"",
    "BooleanField": lambda _: False,
    "CharField": lambda number: f"{number or ''}ROW",
    "DateField": lambda number: DAY + datetime.timedelta(days=number),
    "DateTimeField": lambda number: MOMENT + datetime.timedelta(seconds=number),
    "DecimalField": lambda number: Decimal(number + 1),
    "DurationField": lambda number: datetime.timedelta(seconds=number),
    "FileField": lambda number: f"{number or ''}row.txt",
    "FloatField": lambda number: float(number + 1),
    "GenericIPAddressField": lambda number: f"192.0.2.{number % 250}",
    "JSONField": lambda _: {},
    "SlugField": lambda number: f"{number or ''}row",
    "TextField": lambda number: f"{number or ''}row",
    "TimeField": lambda number: datetime.time(12, 0, number % 60),
    "UUIDField": lambda number: uuid.UUID(int=number),
}
TIMES = ("DateField", "DateTimeField", "TimeField")
# Where a table has rules that no plain value keeps: the label of its model → values for columns.
KNOWN: Mapping[str, Mapping[str, Any]] = {}
REFUSED = """\
The table of {model} takes none of the rows that tests/samples.py makes: {error}
Write values that it takes into KNOWN there, for example {{"{model}": {{"{field}": …}}}}."""
CIRCLE = """\
No first row of {model} can be made: {circle}
Write into KNOWN of tests/samples.py what one of them may have instead."""

# What a row is refused with: by the database, or by a field of one's own before that.
REFUSALS = (DatabaseError, TypeError, ValidationError, ValueError)


class NoSample(Exception):
    """A table refuses every row that we can think of."""


class Samples:
    """Makes rows with the models of a state of the migrations."""

    def __init__(self, careful: Set[str] = frozenset()) -> None:
        # The labels of models whose rows are all plain, and all different.
        self.careful = careful
        # The labels of those whose tables need not be as their models say: of them we know rows only.
        self.given_up: Set[str] = frozenset()
        self.newest: dict[Model, models.Model] = {}
        # Those that are begun: each waits for a row of the next.
        self.begun: list[Model] = []
        self.numbers = itertools.count(1)
        # What every table took, twice: a model, and the extreme value, if there was one.
        self.taken: list[tuple[Model, dict[str, Any]]] = []

    def fill(self, model: Model) -> None:
        """Make two plain rows, and, if we are not to be careful, two for each extreme value that it takes.

        Raises:
            NoSample: It takes no plain ones.
        """
        try:
            self.make_twice(model)
        except REFUSALS as error:
            field = next(columns_of(model)).name
            raise NoSample(REFUSED.format(model=model._meta.label, field=field, error=error)) from error
        for extreme in () if self.is_careful_with(model) else extremes_of(model):
            with suppress(*REFUSALS):
                self.make_twice(model, **extreme)
        # Not while they are made: what is made for a row that is refused goes with it.
        self.newest[model] = model._default_manager.latest("pk")

    def is_careful_with(self, model: Model) -> bool:
        return model._meta.label_lower in self.careful

    def is_given_up(self, model: Model) -> bool:
        return model._meta.label_lower in self.given_up

    def cannot_make(self, model: Model) -> bool:
        """Whether each row needs a new one in a table that is given up."""
        needed = (field.related_model for field in model._meta.concrete_fields if needs_its_own(field))
        return self.is_given_up(model) or any(self.cannot_make(cast("Model", other)) for other in needed)

    def make_twice(self, model: Model, **extreme: Any) -> None:
        self.make(model, **extreme)
        self.make(model, **extreme)
        self.taken.append((model, extreme))

    def make(self, model: Model, **values: Any) -> models.Model:
        """Make a row, of relations that are there where that is allowed.

        Raises:
            REFUSALS: The table takes none with these values.
            NoSample: It needs a row that needs this one.
        """
        if model in self.begun:
            raise NoSample(CIRCLE.format(model=model._meta.label, circle=" → ".join(self.labels_from(model))))
        self.begun.append(model)
        try:
            return self.try_to_make(model, **values)
        finally:
            self.begun.pop()

    def labels_from(self, model: Model) -> list[str]:
        circle = self.begun[self.begun.index(model) :]
        return [it._meta.label for it in (*circle, model)]

    def try_to_make(self, model: Model, **values: Any) -> models.Model:
        refusal: Exception | None = None
        ways = ((False, 0), (True, 0), (True, next(self.numbers)))
        for fresh, number in ways[-1:] if self.is_careful_with(model) else ways:
            try:
                with transaction.atomic():
                    return model._default_manager.create(**self.complete(model, fresh, number) | values)
            except REFUSALS as error:
                refusal = refusal or error
        assert refusal is not None
        raise refusal

    def complete(self, model: Model, fresh: bool, number: int) -> dict[str, Any]:
        """A value for each column that needs one; times of the same kind follow each other."""
        values = dict(KNOWN.get(model._meta.label, {}))
        kinds: Counter[str] = Counter()
        for field in columns_of(model):
            kind = field.get_internal_type()
            if not {field.name, field.attname} & values.keys() and not fills_itself(field):
                later = kinds[kind] if kind in TIMES else 0
                values[field.name] = self.value(field, fresh, number + later)
            kinds[kind] += 1
        return values

    def value(self, field: Field, fresh: bool, number: int) -> Any:
        if isinstance(field, models.ForeignKey):
            return self.related(field, fresh)
        if field.flatchoices:
            return field.flatchoices[0][0]
        return plain(field, number)

    def related(self, field: "models.ForeignKey[Any, Any]", fresh: bool) -> models.Model | None:
        model = field.related_model
        if field.null and model is field.model:
            return None
        if self.is_given_up(model):
            return None if field.unique else self.newest[model]
        there = None if fresh or field.unique else model._default_manager.order_by("pk").last()
        try:
            return there or self.make(model)
        except NoSample:
            if field.null:
                return None
            raise


def columns_of(model: Model) -> Iterator[Field]:
    return (field for field in model._meta.concrete_fields if not is_of_a_parent(field))


def needs_its_own(field: Field) -> bool:
    """Whether no two rows may point to the same one, and each has to."""
    return is_of_a_parent(field) or (field.is_relation and field.unique and not field.null)


def is_of_a_parent(field: Field) -> bool:
    return bool(field.remote_field and getattr(field.remote_field, "parent_link", False))


def fills_itself(field: Field) -> bool:
    """Whether the database or Django has a value of its own."""
    return (
        isinstance(field, models.AutoField)
        or field.default not in (models.NOT_PROVIDED, None)
        or field.db_default is not models.NOT_PROVIDED
        or bool(getattr(field, "generated", False))
    )


def plain(field: Field, number: int) -> Any:
    if isinstance(field, models.EmailField):
        return f"row{number}@example.com"
    if isinstance(field, models.IntegerField):
        return number + 1
    make = PLAIN.get(field.get_internal_type())
    value = make(number) if make else None
    return value[: field.max_length] if isinstance(value, str) and field.max_length else value


def extremes_of(model: Model) -> Iterator[dict[str, Any]]:
    for field in columns_of(model):
        if not field.primary_key:
            yield from ({field.name: value} for value in extremes(field))


def extremes(field: Field) -> Iterator[Any]:
    if field.null:
        yield None
    if field.flatchoices:
        yield from (value for value, _ in field.flatchoices[1:])
    elif isinstance(field, models.CharField | models.FileField):
        yield ""
        yield LONG_TEXT[: field.max_length]
    elif isinstance(field, models.TextField):
        yield ""
        yield LONG_TEXT
    elif isinstance(field, models.BooleanField):
        yield True
    elif isinstance(field, models.IntegerField | models.DecimalField | models.FloatField):
        yield 0
