"""What migrations are refused for, operation by operation."""

from functools import cache
from typing import Any

import pytest
from django.db import migrations, models
from django.db.migrations.exceptions import BadMigrationError, CircularDependencyError, NodeNotFoundError
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models.functions import Upper

from devtools.errors import DevtoolsError
from devtools.safe_migrations import __main__ as command
from devtools.safe_migrations import examination
from devtools.safe_migrations.examination import accepted_by, find
from devtools.safe_migrations.findings import ACCEPTABLE, RENAMED, RESHAPED, Finding, Rule, explain
from devtools.safe_migrations.graph import History, StepByStep
from devtools.safe_migrations.releases import Release
from devtools.safe_migrations.rules import Scene, examine

FILE = "apps/users/migrations/0002_new.py"
MODULE = "apps.users.migrations.0002_new"
NODE = ("users", "0002_new")
BY_NAME = models.Index(fields=["name"], name="user_by_name")
HAS_A_NAME = models.CheckConstraint(condition=~models.Q(name=""), name="user_has_a_name")
GENERATED = models.GeneratedField(
    expression=Upper("name"), output_field=models.CharField(max_length=150), db_persist=True
)
FOREIGN_KEY = models.ForeignKey("users.User", models.CASCADE, null=True)
NO_SQL = migrations.RunSQL.noop
NO_CODE = migrations.RunPython.noop


class AddIndexConcurrently(migrations.AddIndex):
    """Its namesake cannot be imported without PostgreSQL's driver."""


def change_rows(apps: Any, schema_editor: Any) -> None:
    """Stands for any change."""


def text(**options: Any) -> "models.CharField[str, str]":
    return models.CharField(**{"max_length": 150, **options})


def add(field: "models.Field[Any, Any]") -> migrations.AddField:
    return migrations.AddField("user", "new", field)


def alter(field: "models.Field[Any, Any]", name: str = "name") -> migrations.AlterField:
    return migrations.AlterField("user", name, field)


def sql(*statements: Any) -> migrations.RunSQL:
    return migrations.RunSQL(list(statements), NO_SQL)


def migration_of(*operations: Operation, **attributes: Any) -> migrations.Migration:
    attributes["operations"] = list(operations)
    made: type[migrations.Migration] = type("Migration", (migrations.Migration,), attributes)
    label, name = NODE
    return made(name, label)


@cache
def state() -> ProjectState:
    return History().loader.project_state()


def examined(migration: migrations.Migration, *, index_locks: bool = True) -> list[Finding]:
    """What a new migration of the users is refused for, while a release runs that has all others."""
    scene = Scene("users", before=state(), released=state().clone(), index_locks=index_locks)
    return list(examine(migration, FILE, scene))


def broken_by(*operations: Operation, **attributes: Any) -> list[str]:
    return [finding.rule.name for finding in examined(migration_of(*operations, **attributes))]


BREAKS = [
    ("non-null-column", add(text())),
    ("non-null-column", add(text(default=""))),
    ("locking-index", add(text(null=True, unique=True))),
    ("locking-index", add(FOREIGN_KEY)),
    ("reshaped", add(GENERATED)),
    ("constrained", add(text(db_default="", unique=True))),
    ("constrained", add(text(null=True, default="", unique=True))),
    ("non-null-column", migrations.AlterOrderWithRespectTo("user", "name")),
    ("dropped", migrations.RemoveField("user", "name")),
    ("dropped", migrations.RemoveField("user", "groups")),
    ("renamed", migrations.RenameField("user", "groups", "teams")),
    ("renamed", alter(models.ManyToManyField("auth.Group", db_table="team"), "groups")),
    ("reshaped", alter(models.ManyToManyField("users.User"), "groups")),
    ("dropped", migrations.DeleteModel("User")),
    ("renamed", migrations.RenameField("user", "name", "full_name")),
    ("renamed", migrations.RenameModel("User", "Person")),
    ("renamed", migrations.AlterModelTable("user", "people")),
    ("renamed", alter(text(db_column="label"))),
    ("tightened", alter(models.DateTimeField(), "last_login")),
    ("reshaped", alter(text(max_length=149))),
    ("reshaped", alter(models.TextField())),
    ("constrained", alter(text(unique=True))),
    ("constrained", migrations.AlterUniqueTogether("user", {("name", "email")})),
    ("constrained", migrations.AddConstraint("user", HAS_A_NAME)),
    ("locking-index", alter(text(db_index=True))),
    ("locking-index", migrations.AddIndex("user", BY_NAME)),
    ("irreversible", migrations.RunPython(change_rows)),
    ("irreversible", migrations.RunSQL("SELECT 1")),
    ("non-null-column", sql('ALTER TABLE "users_user" ADD COLUMN new int NOT NULL')),
    ("dropped", sql("ALTER TABLE public.users_user DROP COLUMN name")),
    ("dropped", sql("DROP TABLE IF EXISTS `users_user`")),
    ("renamed", sql("ALTER TABLE users_user RENAME COLUMN name TO full_name")),
    ("tightened", sql(("ALTER TABLE users_user ALTER last_login SET NOT NULL", []))),
    ("locking-index", sql("CREATE INDEX user_by_name ON users_user (name)")),
    ("renamed", sql("ALTER TABLE users_user CHANGE name full_name varchar(150) NOT NULL")),
    ("renamed", sql("RENAME TABLE users_user TO people")),
    ("tightened", sql("ALTER TABLE `users_user` MODIFY last_login datetime(6) NOT NULL")),
    ("tightened", sql("ALTER TABLE users_user CHANGE COLUMN last_login last_login datetime(6) NOT NULL")),
    ("dropped", sql("ALTER TABLE users_user DROP name")),
    ("dropped", sql('ALTER TABLE "public"."users_user" DROP COLUMN "name"')),
    ("dropped", sql("DROP TABLE of_long_ago, users_user")),
    ("non-null-column", sql("ALTER TABLE users_user ADD a int NOT NULL, ADD b int DEFAULT 0")),
    ("non-null-column", sql("ALTER TABLE users_user ADD b numeric(4, 2) DEFAULT 0, ADD a int NOT NULL")),
    ("non-null-column", sql("-- DEFAULT\nALTER TABLE users_user /* DEFAULT */ ADD a int NOT NULL")),
    (
        "dropped",
        migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField("user", "name")]),
    ),
]


@pytest.mark.parametrize(("rule", "operation"), BREAKS)
def test_operation_that_a_running_release_does_not_survive_is_refused(
    rule: str, operation: Operation
) -> None:
    assert broken_by(operation) == [rule]


SURVIVED = [
    add(text(db_default="")),
    add(text(null=True)),
    add(models.ManyToManyField("users.User")),
    alter(models.ManyToManyField("auth.Group", db_table="users_user_groups", blank=True), "groups"),
    alter(text(max_length=200, blank=False)),
    alter(text(null=True)),
    sql("ALTER TABLE users_user DROP COLUMN of_long_ago"),
    sql("ALTER TABLE users_user ADD COLUMN new int DEFAULT 0 NOT NULL"),
    sql("ALTER TABLE users_user ADD z int; ALTER TABLE newer DROP COLUMN name"),
    sql("ALTER TABLE users_user MODIFY name varchar(200) NOT NULL"),
    sql("ALTER TABLE users_user DROP CONSTRAINT user_email_is_lower_case"),
    sql("ALTER TABLE users_user RENAME CONSTRAINT user_email_is_lower_case TO lower_case"),
    sql("COMMENT ON TABLE users_user IS 'From ''us''; ALTER TABLE users_user DROP COLUMN name;'"),
    sql("CREATE INDEX CONCURRENTLY user_by_name ON users_user (name)"),
    migrations.RunPython(change_rows, NO_CODE),
    migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("user", "name")]),
    AddIndexConcurrently("user", BY_NAME),
]


@pytest.mark.parametrize("operation", SURVIVED)
def test_operation_that_it_survives_is_not(operation: Operation) -> None:
    assert broken_by(operation) == []


def test_what_the_release_does_not_have_may_change_in_any_way() -> None:
    pet = migrations.CreateModel(
        "Pet", [("id", models.BigAutoField(primary_key=True)), ("age", models.IntegerField())]
    )

    broken = broken_by(
        pet,
        migrations.AddField("pet", "name", text()),
        migrations.AddIndex("pet", models.Index(fields=["age"], name="pet_by_age")),
        migrations.RemoveField("pet", "age"),
        add(text(null=True)),
        migrations.RenameField("user", "new", "newer"),
        migrations.RemoveField("user", "newer"),
    )

    assert broken == []


def test_field_may_be_renamed_beside_its_column() -> None:
    keep_the_column = alter(text(db_column="name"))
    rename = migrations.RenameField("user", "name", "full_name")

    assert broken_by(keep_the_column, rename) == []
    assert broken_by(keep_the_column, rename, alter(text(), "full_name")) == ["renamed"]


def broken_after(*released: Operation, by: Operation, index_locks: bool = True) -> list[str]:
    """What an operation breaks if the release that runs has the tables that others left."""
    before = state().clone()
    for operation in released:
        operation.state_forwards("users", before)
    scene = Scene("users", before=before, released=before.clone(), index_locks=index_locks)
    return [finding.rule.name for finding in examine(migration_of(by), FILE, scene)]


def test_default_of_the_database_stays_while_a_release_relies_on_it() -> None:
    without = alter(text(), "new")

    assert broken_by(add(text(db_default="")), without) == ["non-null-column"]
    assert broken_after(add(text(db_default="")), by=without) == ["non-null-column"]
    assert broken_after(add(text(null=True, db_default="")), by=alter(text(null=True), "new")) == []
    assert broken_by(alter(text(db_default="")), alter(text())) == []


def test_order_that_a_release_knows_is_not_dropped() -> None:
    ordered = migrations.AlterOrderWithRespectTo("user", "name")

    assert broken_after(ordered, by=migrations.AlterOrderWithRespectTo("user", None)) == ["dropped"]
    assert broken_after(ordered, by=migrations.AlterOrderWithRespectTo("user", "email")) == []
    assert broken_by(ordered, migrations.AlterOrderWithRespectTo("user", None)) == ["non-null-column"]


def link(kind: "type[models.ForeignKey[Any, Any]]", **options: Any) -> "models.ForeignKey[Any, Any]":
    return kind("users.User", models.CASCADE, null=True, related_name="+", **options)


def test_foreign_key_that_the_database_begins_to_look_after_may_find_rows_that_it_refuses() -> None:
    loose = add(link(models.ForeignKey, db_constraint=False))

    assert broken_after(loose, by=alter(link(models.ForeignKey), "new")) == ["constrained"]


def test_one_to_one_field_may_become_a_foreign_key() -> None:
    single = add(link(models.OneToOneField))
    many = alter(link(models.ForeignKey), "new")

    # In PostgreSQL its index is built anew, since the one that kept its values unique goes.
    assert broken_after(single, by=many) == ["locking-index"]
    assert broken_after(single, by=many, index_locks=False) == []
    assert broken_after(single, by=alter(link(models.ForeignKey, db_index=False), "new")) == []


def test_foreign_key_that_becomes_unique_may_find_rows_that_it_refuses() -> None:
    many = add(link(models.ForeignKey))

    assert broken_after(many, by=alter(link(models.OneToOneField), "new")) == ["constrained"]


def test_many_to_many_field_with_a_model_of_its_own_has_nothing_in_the_database() -> None:
    joined = add(models.ManyToManyField("users.User", through="users.Friendship"))

    assert broken_after(joined, by=migrations.RemoveField("user", "new")) == []
    assert broken_after(joined, by=migrations.RenameField("user", "new", "friends")) == []


def test_mysql_keeps_writers_away_while_it_copies_a_table() -> None:
    short = add(text(max_length=20, null=True))
    longer = alter(text(max_length=64, null=True), "new")
    loose = link(models.ForeignKey, db_constraint=False)

    assert broken_after(by=add(link(models.ForeignKey)), index_locks=False) == ["copied"]
    assert broken_after(by=add(loose), index_locks=False) == []
    assert broken_after(short, by=longer, index_locks=False) == ["copied"]
    assert broken_after(short, by=alter(text(max_length=63, null=True), "new"), index_locks=False) == []
    assert broken_after(short, by=longer) == []


def test_index_is_no_danger_where_it_is_built_beside_the_writers() -> None:
    assert examined(migration_of(migrations.AddIndex("user", BY_NAME)), index_locks=False) == []


def test_rows_are_not_changed_while_a_table_is_locked() -> None:
    fill = migrations.RunPython(change_rows, NO_CODE)

    assert broken_by(add(text(null=True)), fill) == ["data-with-schema"]
    assert broken_by(add(text(null=True)), sql("UPDATE users_user SET new = name")) == ["data-with-schema"]
    assert broken_by(add(text(null=True)), fill, atomic=False) == []


def test_words_change_rows_where_a_statement_begins_with_them() -> None:
    link_to = "ALTER TABLE users_user ADD boss bigint REFERENCES users_user (id) ON DELETE CASCADE"
    fill = "WITH old AS (SELECT id FROM users_user) UPDATE users_user SET boss = old.id FROM old"

    assert broken_by(sql(link_to)) == []
    assert broken_by(sql(f"{link_to}; {fill}")) == ["data-with-schema"]


def test_way_back_that_is_missing_is_told_once() -> None:
    assert broken_by(migrations.RunSQL("SELECT 1; SELECT 2")) == ["irreversible"]


def test_each_statement_is_told_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    statements = ["ALTER TABLE users_user DROP name", "ALTER TABLE users_user DROP email"]
    history = history_with(sql("; ".join(statements)))
    monkeypatch.setattr(examination, "releases", lambda: [release_before(history)])
    monkeypatch.setattr(examination, "rewritten", lambda *_: [])

    told = examination.find_all(history)

    assert [text.splitlines()[0] for text in told.values()] == [
        f"{FILE}: dropped: RunSQL {statement}" for statement in statements
    ]


def test_long_statement_is_told_by_its_beginning() -> None:
    [finding] = examined(migration_of(sql(f"ALTER TABLE users_user DROP name, ADD a {'x' * 200} NULL")))

    [told, *_] = explain(finding, release="v1.4.0").splitlines()
    assert told.startswith(f"{FILE}: dropped: RunSQL ALTER TABLE users_user DROP name")
    assert len(told) < 220


@pytest.mark.parametrize(
    "operation",
    [
        migrations.AlterUniqueTogether("user", {("name", "email")}),
        migrations.AlterModelTable("user", "people"),
        migrations.DeleteModel("User"),
        migrations.RenameModel("User", "Person"),
        sql("ALTER TABLE users_user ADD new int DEFAULT 0"),
        sql("DROP TABLE of_long_ago, users_user"),
        migrations.SeparateDatabaseAndState(database_operations=[add(text(null=True))]),
    ],
)
def test_whatever_changes_a_table_locks_it(operation: Operation) -> None:
    fill = migrations.RunPython(change_rows, NO_CODE)
    wrapped = migrations.SeparateDatabaseAndState(database_operations=[fill])

    assert broken_by(fill, operation)[0] == "data-with-schema"
    assert broken_by(wrapped, operation)[0] == "data-with-schema"


def test_rows_may_be_changed_beside_what_is_nothing_to_the_tables() -> None:
    fill = migrations.RunPython(change_rows, NO_CODE)

    assert broken_by(fill, migrations.AlterModelOptions("user", {"ordering": ["name"]})) == []
    assert broken_by(fill, migrations.AlterModelTable("user", "users_user")) == []
    assert broken_by(fill, sql("ALTER TABLE newer ADD new int DEFAULT 0")) == []
    assert broken_by(fill, alter(text(blank=True, help_text="As it is in a passport."))) == []


def test_refusal_names_file_rule_mend_and_lesson() -> None:
    [finding] = examined(migration_of(add(text())))

    told = explain(finding, release="v1.4.0")

    assert told.startswith(f"{FILE}: non-null-column: Add field new to user\n")
    assert "v1.4.0" in told
    assert "Give the field db_default=" in told
    assert 'accepted = {"non-null-column": "because …"}' in told
    assert told.endswith("/lessons/migration-non-nullable/")


@pytest.mark.parametrize("rule", [RENAMED, RESHAPED])
def test_copy_is_advised_for_when_nothing_writes_the_old_column_alone(rule: Rule) -> None:
    steps = [rule.mend.index(step) for step in ("write both", "in the next release", "copy", "drop")]

    assert steps == sorted(steps)


def history_with(*operations: Operation) -> History:
    """The project's own, and one more migration of the users."""
    loader = StepByStep(None)
    [newest] = loader.graph.leaf_nodes("users")
    planted = migration_of(*operations, __module__=MODULE, dependencies=[newest])
    loader.disk_migrations[NODE] = planted
    loader.graph.add_node(NODE, planted)
    loader.graph.add_dependency(planted, NODE, newest)
    return History(loader)


def release_before(history: History) -> Release:
    return Release("v1.4.0", frozenset(history.own.values()) - {FILE})


def test_migration_that_fits_no_model_is_refused_with_its_file() -> None:
    for operation in (alter(text(), "nick"), migrations.RemoveField("user", "nick")):
        history = history_with(operation)
        with pytest.raises(DevtoolsError, match=rf"{FILE}: it does not fit .*\(KeyError: 'nick'\)"):
            find(release_before(history), history)


@pytest.mark.parametrize("error", [BadMigrationError, CircularDependencyError, NodeNotFoundError])
def test_files_that_are_no_history_end_in_a_message(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse() -> None:
        raise error("0002_new has no Migration class", NODE)

    monkeypatch.setattr("django.setup", lambda: None)
    monkeypatch.setattr(command, "History", refuse)

    assert command.main() == 1
    assert "0002_new has no Migration class" in capsys.readouterr().err


def test_what_is_accepted_is_a_table() -> None:
    with pytest.raises(DevtoolsError, match=f"{FILE}: accepted is no table of rules and reasons"):
        accepted_by(FILE, migration_of(accepted=["dropped"]))


def test_rule_may_be_broken_with_a_reason() -> None:
    assert accepted_by(FILE, migration_of(accepted={"dropped": "Nobody used it."})) == {"dropped"}
    assert accepted_by(FILE, migration_of()) == set()
    assert "deletes-rows" in ACCEPTABLE


@pytest.mark.parametrize(
    "accepted", [{"dropped": " "}, {"dropped": None}, {"droped": "Nobody used it."}, {"rewritten": ""}]
)
def test_rule_is_not_broken_without_one(accepted: dict[str, str]) -> None:
    with pytest.raises(DevtoolsError, match=f"{FILE}: accepted = .*\n.*The rules are constrained, .*"):
        accepted_by(FILE, migration_of(accepted=accepted))
