"""A generated project refuses migrations that the running release would not survive, one by one."""

import subprocess
from pathlib import Path

import pytest

from tools import lessons

pytestmark = pytest.mark.slow

FILE = "apps/users/migrations/0002_planted.py"
MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("users", "0001_initial")]
    operations = [{operation}]
"""
NEW_COLUMN = 'migrations.AddField("user", "phone", models.CharField(max_length=20, default=""))'
RENAMED = 'migrations.RenameField("user", "name", "full_name")'
DROPPED = 'migrations.RemoveField("user", "name")'
TIGHTENED = 'migrations.AlterField("user", "last_login", models.DateTimeField())'
INDEXED = 'migrations.AddIndex("user", models.Index(fields=["name"], name="user_by_name"))'
NO_WAY_BACK = 'migrations.RunSQL("UPDATE users_user SET name = trim(name)")'


@pytest.fixture(scope="module")
def project(baked_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of the default project, which the tests change in one file."""
    folder = tmp_path_factory.mktemp("unsafe") / baked_project.name
    subprocess.run(["git", "clone", "--quiet", str(baked_project), str(folder)], check=True)
    return folder


def check(project: Path, environment: dict[str, str]) -> tuple[int, str]:
    return lessons.run("uv run python -m devtools.safe_migrations", project, environment)


def test_fresh_project_is_found_in_order(project: Path, project_environment: dict[str, str]) -> None:
    status, said = check(project, project_environment)

    assert status == 0, said


@pytest.mark.parametrize(
    ("operation", "rule", "lesson"),
    [
        (NEW_COLUMN, "non-null-column", "migration-non-nullable"),
        (RENAMED, "renamed", "migration-non-nullable"),
        (DROPPED, "dropped", "migration-non-nullable"),
        (TIGHTENED, "tightened", "migration-not-null-tightening"),
        (INDEXED, "locking-index", "migration-locks-and-rollback"),
        (NO_WAY_BACK, "irreversible", "migration-locks-and-rollback"),
    ],
)
def test_unsafe_migration_is_refused_with_file_rule_and_the_address_of_its_page(
    operation: str, rule: str, lesson: str, project: Path, project_environment: dict[str, str]
) -> None:
    planted = project / FILE
    planted.write_text(MIGRATION.format(operation=operation), encoding="utf-8")

    status, said = check(project, project_environment)

    planted.unlink()
    assert status == 1
    assert f"{FILE}: {rule}: " in said
    assert f"Why: {lessons.SITE}{lesson}/" in said
    assert (lessons.LESSONS / lesson / "lesson.md").is_file()


def test_applied_migration_that_was_changed_is_refused(
    project: Path, project_environment: dict[str, str]
) -> None:
    applied = project / "apps/users/migrations/0001_initial.py"
    text = applied.read_text(encoding="utf-8")
    applied.write_text(
        text.replace('("name", models.CharField(', '("nick", models.CharField('), encoding="utf-8"
    )

    status, said = check(project, project_environment)

    applied.write_text(text, encoding="utf-8")
    assert status == 1
    assert "apps/users/migrations/0001_initial.py: rewritten: " in said
    assert f"Why: {lessons.SITE}migration-history-rewrite/" in said
