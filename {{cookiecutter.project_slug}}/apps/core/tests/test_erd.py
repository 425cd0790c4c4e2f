# ruff: noqa: DJ008 - these models live for one test, and nobody prints them.

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from apps.core.erd import differences, own_models, write_document


@pytest.fixture(autouse=True)
def _registry() -> Iterator[None]:
    """A registry of their own for the models that a test defines."""
    with isolate_apps("apps.core"):
        yield


def diagram(*own: type[models.Model]) -> list[str]:
    """The lines of the diagram, without the indentation."""
    page = write_document(own)
    return [line.strip() for line in page.split("```")[1].splitlines()[2:] if line.strip()]


def test_columns_have_kind_name_keys_and_notes() -> None:
    class Thing(models.Model):
        code = models.CharField(max_length=8, unique=True)
        price = models.DecimalField(max_digits=10, decimal_places=2)
        seen_at = models.DateTimeField(null=True)
        text = models.TextField()

        class Meta:
            app_label = "core"

    assert diagram(Thing) == [
        '"core.Thing" {',
        "BigAutoField id PK",
        'CharField code UK "at most 8"',
        'DecimalField price "10 digits, 2 after the point"',
        'DateTimeField seen_at "null"',
        "TextField text",
        "}",
    ]


def test_references_say_how_many_there_may_be() -> None:
    class Place(models.Model):
        class Meta:
            app_label = "core"

    class Thing(models.Model):
        place = models.ForeignKey(Place, models.CASCADE)
        origin = models.ForeignKey(Place, models.CASCADE, null=True, related_name="+")
        label = models.OneToOneField(Place, models.CASCADE, related_name="+")
        visited = models.ManyToManyField(Place, related_name="+")

        class Meta:
            app_label = "core"

    lines = diagram(Thing, Place)

    assert lines[3:] == [
        '"core.Thing" {',
        "BigAutoField id PK",
        "BigIntegerField place_id FK",
        'BigIntegerField origin_id FK "null"',
        "BigIntegerField label_id FK, UK",
        "}",
        '"core.Place" |o--o{ "core.Thing" : "origin"',
        '"core.Place" ||--o{ "core.Thing" : "place"',
        '"core.Place" ||--o| "core.Thing" : "label"',
        '"core.Thing" }o--o{ "core.Place" : "visited"',
    ]


def test_many_to_many_with_a_model_of_its_own_is_drawn_by_that_models_references() -> None:
    class Place(models.Model):
        things: Any = models.ManyToManyField("Thing", through="Visit")

        class Meta:
            app_label = "core"

    class Thing(models.Model):
        class Meta:
            app_label = "core"

    class Visit(models.Model):
        place = models.ForeignKey(Place, models.CASCADE)
        thing = models.ForeignKey(Thing, models.CASCADE)

        class Meta:
            app_label = "core"
            constraints = [models.UniqueConstraint(fields=["place", "thing"], name="one_visit")]

    assert diagram(Place, Thing, Visit)[-2:] == [
        '"core.Place" ||--o{ "core.Visit" : "place"',
        '"core.Thing" ||--o{ "core.Visit" : "thing"',
    ]
    assert write_document([Place, Thing, Visit]).endswith(
        "\nUnique together:\n\n- core.Visit: place, thing\n"
    )


def test_own_models_are_those_of_the_apps_folder() -> None:
    labels = {model._meta.label for model in own_models()}

    assert "users.User" in labels
    assert "auth.Group" not in labels


def test_order_of_the_models_does_not_matter() -> None:
    own = own_models()

    assert write_document(reversed(own)) == write_document(own)


def test_difference_in_the_text_alone_is_a_difference_too() -> None:
    page = write_document([])

    assert list(differences(page, page)) == []
    assert list(differences(f"{page}\n", page)) == [
        "is in another order, or the text around the diagram is another"
    ]
