"""The way from one release to the next, over migrations of an app that there is in these tests only."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from devtools.safe_migrations.examination import unsafe
from devtools.safe_migrations.graph import History
from devtools.safe_migrations.releases import NoHistory, Release
from tests import upgrades

Plant = Callable[..., None]

NO_CODE = migrations.RunPython.noop
TIGHTENED = {"tightened": "No code writes NULL any more."}


def shelf(**fields: "models.Field[Any, Any]") -> migrations.CreateModel:
    return migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True)), *fields.items()])


def book(**fields: "models.Field[Any, Any]") -> migrations.CreateModel:
    return migrations.CreateModel("Book", [("id", models.BigAutoField(primary_key=True)), *fields.items()])


def text(**options: Any) -> "models.CharField[str, str]":
    return models.CharField(**{"max_length": 20, **options})


def change_nothing(apps: Any, schema_editor: Any) -> None:
    """Stands for any change that cannot be taken back."""


def fill(apps: Any, schema_editor: Any) -> None:
    apps.get_model("shop", "Shelf").objects.filter(name=None).update(name="filled")


def forget(apps: Any, schema_editor: Any) -> None:
    raise KeyError("forgotten")


def look_for_a_permission(apps: Any, schema_editor: Any) -> None:
    apps.get_model("auth", "Permission").objects.get(codename="add_user")


CREATE = shelf(name=text(null=True))
FILL = migrations.RunPython(fill, NO_CODE)
TIGHTEN = migrations.AlterField("shelf", "name", text())
DROP_IN_SQL = migrations.RunSQL(
    "ALTER TABLE shop_shelf DROP COLUMN name", "ALTER TABLE shop_shelf ADD COLUMN name varchar(20)"
)
DROP_INSIDE = migrations.SeparateDatabaseAndState(
    database_operations=[migrations.RemoveField("shelf", "name")],
    state_operations=[migrations.RemoveField("shelf", "name")],
)
DROPPED = {"dropped": "Nobody runs this yet."}
POINTER: Any = models.ForeignKey("shop.Shelf", models.CASCADE)
POINTERS = [
    POINTER,
    models.ForeignKey("shop.Shelf", models.CASCADE, null=True),
    models.OneToOneField("shop.Shelf", models.CASCADE),
    models.OneToOneField("shop.Shelf", models.CASCADE, null=True),
]


def migration_of(number: int, *operations: Operation, **attributes: Any) -> migrations.Migration:
    name = attributes.pop("name", f"{number:04}_new")
    attributes.setdefault("dependencies", [("shop", f"{number - 1:04}_new")] if number > 1 else [])
    attributes |= {"operations": list(operations), "__module__": f"apps.shop.migrations.{name}"}
    made: type[migrations.Migration] = type("Migration", (migrations.Migration,), attributes)
    return made(name, "shop")


ADD = migrations.AddField("shelf", "size", models.IntegerField(default=0))
BOTH = [("shop", "0001_new"), ("shop", "0002_new")]
SQUASHED = migration_of(1, CREATE, ADD, name="0001_squashed_0002", replaces=BOTH)
ON_TOP = migration_of(3, FILL, dependencies=[("shop", SQUASHED.name)])


def release_of(*numbers: int) -> Release:
    return Release("v1.0", frozenset(f"apps/shop/migrations/{number:04}_new.py" for number in numbers))


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Plant:
    """Let the given migrations be the only ones, of which a release has the first so many."""

    def plant(*planted: migrations.Migration, released: int | None) -> None:
        def load_disk(loader: MigrationLoader) -> None:
            loader.disk_migrations = {
                (migration.app_label, migration.name): type(migration)(migration.name, migration.app_label)
                for migration in planted
            }
            loader.migrated_apps, loader.unmigrated_apps = {"shop"}, set()

        def releases() -> list[Release]:
            if released is None:
                raise NoHistory
            return [release_of(*range(1, released + 1))]

        monkeypatch.setattr(MigrationLoader, "load_disk", load_disk)
        monkeypatch.setattr(upgrades, "releases", releases)

    return plant


def travel() -> dict[str, str]:
    """Go the whole way; what stopped a part of it, if anything did."""
    told = upgrades.travel(upgrades.upgrade_to_test())
    return {part: complaint for part, complaint in told.items() if complaint}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("released", [1, 2, None])
def test_what_was_accepted_once_is_accepted_after_the_release_too(plant: Plant, released: int | None) -> None:
    accepted = {"irreversible": "Nobody goes back."}
    change = migration_of(2, migrations.RunPython(change_nothing), accepted=accepted)
    plant(migration_of(1, CREATE), change, released=released)

    assert travel() == {}


@pytest.mark.django_db(transaction=True)
def test_what_nobody_accepted_is_refused_while_it_is_new(plant: Plant) -> None:
    plant(migration_of(1, CREATE), migration_of(2, migrations.RunPython(change_nothing)), released=1)

    assert list(travel()) == [upgrades.BACKWARDS]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("released", [1, 2, 3, None])
def test_rows_that_are_filled_and_then_tightened_stay_accepted(plant: Plant, released: int | None) -> None:
    tighten = migration_of(3, TIGHTEN, accepted=TIGHTENED)
    plant(migration_of(1, CREATE), migration_of(2, FILL), tighten, released=released)

    assert travel() == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("released", [2, 3])
def test_rows_that_were_made_different_may_be_kept_so_in_a_later_release(plant: Plant, released: int) -> None:
    rule = migrations.AddConstraint("shelf", models.UniqueConstraint(fields=["name"], name="one_of_a_name"))
    accepted = {"constrained": "The service refuses a second one."}
    constrain = migration_of(3, rule, accepted=accepted)
    plant(migration_of(1, CREATE), migration_of(2, FILL), constrain, released=released)

    assert travel() == {}


@pytest.mark.django_db(transaction=True)
def test_rows_are_not_believed_to_be_mended_where_no_migration_mends_them(plant: Plant) -> None:
    plant(migration_of(1, CREATE), migration_of(2, TIGHTEN, accepted=TIGHTENED), released=1)

    assert list(travel()) == [upgrades.FORWARDS]


@pytest.mark.django_db(transaction=True)
def test_way_of_filling_that_misses_rows_is_refused(plant: Plant) -> None:
    miss = migrations.RunPython(change_nothing, NO_CODE)
    tighten = migration_of(3, TIGHTEN, accepted=TIGHTENED)
    plant(migration_of(1, CREATE), migration_of(2, miss), tighten, released=1)

    assert list(travel()) == [upgrades.FORWARDS]


@pytest.mark.django_db(transaction=True)
def test_column_of_a_table_that_was_new_with_it_is_not_judged_again(plant: Plant) -> None:
    add = migrations.AddField("shelf", "size", models.IntegerField(default=0))
    plant(migration_of(1, CREATE), migration_of(2, add), released=2)

    assert travel() == {}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("drop", [DROP_IN_SQL, DROP_INSIDE])
def test_table_is_given_up_too_where_the_operation_does_not_name_its_model(
    plant: Plant, drop: Operation
) -> None:
    plant(migration_of(1, CREATE), migration_of(2, drop, accepted=DROPPED), released=1)
    assert travel() == {}

    plant(migration_of(1, CREATE), migration_of(2, drop), released=1)
    assert list(travel()) == [upgrades.OLD_CODE]


def test_sql_gives_up_the_tables_that_it_changes_and_not_those_it_points_to(plant: Plant) -> None:
    sql = "ALTER TABLE shop_book RENAME COLUMN x TO y, ADD FOREIGN KEY (y) REFERENCES shop_shelf (id)"
    rename = migrations.RunSQL(sql, migrations.RunSQL.noop)
    accepted = {"renamed": "Nobody runs this yet."}
    plant(
        migration_of(1, CREATE, book(shelf=POINTER)), migration_of(2, rename, accepted=accepted), released=1
    )

    assert upgrades.upgrade_to_test().given_up == {"shop.book"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("pointer", POINTERS)
def test_table_that_points_to_one_given_up_is_written_without_reading_that(
    plant: Plant, pointer: "models.Field[Any, Any]"
) -> None:
    drop = migration_of(2, migrations.RemoveField("shelf", "name"), accepted=DROPPED)
    plant(migration_of(1, CREATE, book(shelf=pointer)), drop, released=1)

    assert travel() == {}


@pytest.mark.django_db(transaction=True)
def test_what_was_made_for_a_refused_row_is_not_pointed_to(plant: Plant) -> None:
    rule = models.CheckConstraint(condition=~models.Q(title=""), name="has_a_title")
    create = [CREATE, book(shelf=POINTER, title=text()), migrations.AddConstraint("book", rule)]
    drop = migration_of(2, migrations.RemoveField("shelf", "name"), accepted=DROPPED)
    plant(migration_of(1, *create), drop, released=1)

    assert travel() == {}


@pytest.mark.django_db(transaction=True)
def test_table_that_points_to_one_given_up_is_still_tested(plant: Plant) -> None:
    drop = migration_of(2, migrations.RemoveField("shelf", "name"), accepted=DROPPED)
    add = migration_of(3, migrations.AddField("book", "size", models.IntegerField(default=0)))
    plant(migration_of(1, CREATE, book(shelf=POINTER)), drop, add, released=1)

    assert list(travel()) == [upgrades.OLD_CODE]


@pytest.mark.django_db(transaction=True)
def test_migration_whose_own_code_fails_is_named(plant: Plant) -> None:
    plant(migration_of(1, CREATE), migration_of(2, migrations.RunPython(forget, NO_CODE)), released=1)

    assert travel() == {upgrades.FORWARDS: "shop.0002_new: KeyError: 'forgotten'"}


@pytest.mark.django_db(transaction=True)
def test_migration_whose_own_code_fails_on_the_way_back_is_named(plant: Plant) -> None:
    plant(migration_of(1, CREATE), migration_of(2, migrations.RunPython(change_nothing, forget)), released=1)

    assert travel() == {upgrades.BACKWARDS: "shop.0002_new: KeyError: 'forgotten'"}


@pytest.mark.django_db(transaction=True)
def test_migration_finds_the_permissions_of_the_last_release(monkeypatch: pytest.MonkeyPatch) -> None:
    look = migration_of(
        99, migrations.RunPython(look_for_a_permission, NO_CODE), dependencies=[("users", "0001_initial")]
    )
    load_all = MigrationLoader.load_disk

    def load_disk(loader: MigrationLoader) -> None:
        load_all(loader)
        assert loader.disk_migrations is not None
        loader.disk_migrations[look.app_label, look.name] = look

    monkeypatch.setattr(MigrationLoader, "load_disk", load_disk)
    history = History()
    files = frozenset(history.own.values()) - {history.own["shop", look.name]}

    assert upgrades.travel(upgrades.Upgrade(history, Release("v1.0", files)))[upgrades.FORWARDS] == ""


def circle(**options: Any) -> list[Operation]:
    """A shelf that points to a book, which points to a shelf."""
    pointer: Any = models.ForeignKey("shop.Book", models.CASCADE, **options)
    return [CREATE, book(shelf=POINTER), migrations.AddField("shelf", "newest", pointer)]


@pytest.mark.django_db(transaction=True)
def test_tables_that_point_to_each_other_have_rows_where_one_may_wait(plant: Plant) -> None:
    plant(migration_of(1, *circle(null=True)), migration_of(2, FILL), released=1)

    assert travel() == {}


@pytest.mark.django_db(transaction=True)
def test_tables_of_which_none_can_have_the_first_row_are_named(plant: Plant) -> None:
    plant(migration_of(1, *circle()), migration_of(2, FILL), released=1)

    complaint = travel()[upgrades.FORWARDS]

    assert "shop.Shelf → shop.Book → shop.Shelf" in complaint
    assert "KNOWN" in complaint


@pytest.mark.django_db(transaction=True)
def test_what_a_squashed_migration_adds_to_those_of_a_release_is_new(plant: Plant) -> None:
    plant(migration_of(1, CREATE), migration_of(2, ADD), SQUASHED, ON_TOP, released=1)

    found = list(unsafe(release_of(1), History()))

    assert [(finding.file, finding.rule.name) for finding in found] == [
        ("apps/shop/migrations/0002_new.py", "non-null-column")
    ]
    assert list(travel()) == [upgrades.OLD_CODE]


@pytest.mark.parametrize("left", [[], [migration_of(1, CREATE), migration_of(2, ADD)]])
def test_squashed_migration_of_what_is_released_is_nothing_new(
    plant: Plant, left: list[migrations.Migration]
) -> None:
    plant(*left, SQUASHED, released=2)
    history = History()

    assert list(history.new_since(release_of(1, 2))) == []
    assert history.state_of(release_of(1, 2)).models.keys() == {("shop", "shelf")}
    assert history.replaced_files() == release_of(1, 2).files
