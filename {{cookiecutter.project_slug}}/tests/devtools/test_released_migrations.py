"""What new migrations are compared with, and that applied ones stay as they were."""

import shutil
import subprocess
from pathlib import Path

import pytest

from devtools.errors import DevtoolsError
from devtools.safe_migrations import releases
from devtools.safe_migrations.findings import Finding, explain
from devtools.safe_migrations.history import rewritten
from devtools.safe_migrations.releases import NoHistory, Release

FIRST = "apps/shop/migrations/0001_initial.py"
SECOND = "apps/shop/migrations/0002_second.py"
MIGRATION = """\
class Migration(migrations.Migration):
    dependencies = [("shop", "0000_before")]
    operations = [migrations.RunSQL("SELECT 1")]
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if not shutil.which("git"):
        pytest.skip("git is not installed.")
    for name in (releases.VARIABLE, *releases.TARGETS, "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def write(folder: Path, file: str, text: str = MIGRATION) -> None:
    (folder / file).parent.mkdir(parents=True, exist_ok=True)
    (folder / file).write_text(text, encoding="utf-8")


def commit(folder: Path, *files: str) -> None:
    for file in files:
        write(folder, file)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=A")


def names_of(found: list[Release]) -> list[set[str]]:
    return [{Path(file).stem for file in release.files} for release in found]


def test_what_is_not_committed_is_compared_with_the_last_commit(repository: Path) -> None:
    commit(repository, FIRST, "apps/shop/migrations/__init__.py", "apps/shop/models.py")
    commit(repository)
    write(repository, "apps/pets/migrations/0001_initial.py")

    assert names_of(releases.releases(repository)) == [{"0001_initial"}]


def test_what_was_committed_last_is_compared_with_what_was_before(repository: Path) -> None:
    commit(repository, FIRST)
    commit(repository, SECOND)

    assert names_of(releases.releases(repository)) == [{"0001_initial"}]


def test_branch_is_compared_with_the_last_release_and_with_where_it_left(repository: Path) -> None:
    commit(repository, FIRST)
    git(repository, "tag", "v1.0")
    git(repository, "tag", "before-lunch")
    commit(repository, SECOND)
    git(repository, "checkout", "--quiet", "-b", "feature")
    commit(repository, SECOND.replace("0002_second", "0003_third"))
    commit(repository)

    found = releases.releases(repository)

    assert names_of(found) == [{"0001_initial"}, {"0001_initial", "0002_second"}]
    assert found[0].name == "v1.0"


def test_pull_request_is_compared_with_where_it_is_to_go(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(repository, FIRST)
    git(repository, "checkout", "--quiet", "-b", "stable")
    commit(repository, SECOND)
    git(tmp_path, "clone", "--quiet", str(repository), "clone")
    git(tmp_path / "clone", "checkout", "--quiet", "-b", "mend")
    commit(tmp_path / "clone", SECOND.replace("0002_second", "0003_third"))
    commit(tmp_path / "clone")
    monkeypatch.setenv("GITHUB_BASE_REF", "stable")

    assert names_of(releases.releases(tmp_path / "clone")) == [{"0001_initial", "0002_second"}]


def test_release_itself_is_compared_with_the_one_before(repository: Path) -> None:
    commit(repository, FIRST)
    git(repository, "tag", "v1.0")
    commit(repository, SECOND)
    git(repository, "tag", "v1.1")

    assert releases.releases(repository)[0].name == "v1.0"


def test_variable_says_what_to_compare_with(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(repository, FIRST)
    git(repository, "branch", "stable")
    commit(repository, SECOND)
    commit(repository)
    monkeypatch.setenv(releases.VARIABLE, "stable")
    assert [release.name for release in releases.releases(repository)] == ["stable"]

    monkeypatch.setenv(releases.VARIABLE, releases.NO_REVISION)
    assert [release.name for release in releases.releases(repository)] == ["HEAD^"]

    monkeypatch.setenv(releases.VARIABLE, "nonsense")
    with pytest.raises(DevtoolsError, match="MIGRATIONS_SINCE names nonsense"):
        releases.releases(repository)


def test_clone_without_its_history_is_refused(repository: Path, tmp_path: Path) -> None:
    commit(repository, FIRST)
    commit(repository, SECOND)
    git(tmp_path, "clone", "--quiet", "--depth=1", repository.as_uri(), "shallow")

    with pytest.raises(DevtoolsError, match="fetch-depth: 0"):
        releases.releases(tmp_path / "shallow")


def test_without_a_commit_there_is_nothing_to_compare_with(repository: Path) -> None:
    with pytest.raises(NoHistory):
        releases.releases(repository)


def changed(repository: Path, replaced: set[str] | None = None) -> list[Finding]:
    [release] = releases.releases(repository)
    return list(rewritten(release, replaced or set(), repository))


@pytest.mark.lesson("migration-history-rewrite")
def test_applied_migration_that_does_something_else_is_refused(repository: Path) -> None:
    commit(repository, FIRST, SECOND)
    write(repository, FIRST, MIGRATION.replace("SELECT 1", "SELECT 2"))
    (repository / SECOND).rename(repository / "apps/shop/migrations/0002_better.py")

    found = changed(repository)

    assert [(finding.file, finding.rule.name) for finding in found] == [
        (FIRST, "rewritten"),
        (SECOND, "rewritten"),
    ]
    assert f"git checkout HEAD -- {FIRST}" in explain(found[0], release="HEAD")


def test_its_comments_layout_and_place_may_change(repository: Path) -> None:
    commit(repository, FIRST)
    write(repository, FIRST, "# Long ago.\n" + MIGRATION.replace("0000_before", "0000_squashed"))

    assert changed(repository) == []


def accepting(reason: str, statement: str) -> str:
    return MIGRATION.replace("SELECT 1", statement) + f'    accepted = {{"rewritten": "{reason}"}}\n'


def test_applied_migration_may_do_something_else_for_a_reason(repository: Path) -> None:
    commit(repository, FIRST)
    write(repository, FIRST, accepting(" ", "SELECT 2"))
    assert [finding.rule.name for finding in changed(repository)] == ["rewritten"]

    write(repository, FIRST, accepting("It failed in production.", "SELECT 2"))
    assert changed(repository) == []


def test_a_reason_is_for_one_change(repository: Path) -> None:
    write(repository, FIRST, accepting("It failed in production.", "SELECT 2"))
    commit(repository)
    assert changed(repository) == []

    write(repository, FIRST, accepting("It failed in production.", "SELECT 3"))
    [finding] = changed(repository)
    assert 'accepted = {"rewritten": "because …"}' in explain(finding, release="HEAD")

    write(repository, FIRST, accepting("It failed once more.", "SELECT 3"))
    assert changed(repository) == []


def test_migration_that_is_gone_and_was_never_applied_is_brought_back_empty(repository: Path) -> None:
    commit(repository, FIRST, SECOND)
    (repository / SECOND).unlink()
    [finding] = changed(repository)

    assert 'with operations = [] and accepted = {"rewritten"' in explain(finding, release="HEAD")
    with_nothing_to_do = accepting("It failed.", "SELECT 1").replace('migrations.RunSQL("SELECT 1")', "")
    write(repository, SECOND, with_nothing_to_do)
    assert changed(repository) == []


def test_migration_that_a_squashed_one_stands_for_may_go(repository: Path) -> None:
    commit(repository, FIRST, SECOND)
    (repository / SECOND).unlink()

    assert [finding.file for finding in changed(repository)] == [SECOND]
    assert changed(repository, replaced={SECOND}) == []


def test_squashed_migration_may_become_one_like_any_other(repository: Path) -> None:
    squashed = "apps/shop/migrations/0001_squashed_0002_second.py"
    replaces = '    replaces = [("shop", "0001_initial"), ("shop", "0002_second")]\n'
    write(repository, squashed, MIGRATION + replaces)
    commit(repository, FIRST, SECOND, SECOND.replace("0002_second", "0003_third"))
    for file in (FIRST, SECOND):
        (repository / file).unlink()
    write(repository, squashed)

    assert changed(repository) == []


def test_app_may_go_as_a_whole_whatever_is_left_that_git_ignores(repository: Path) -> None:
    write(repository, ".gitignore", "__pycache__/")
    commit(repository, FIRST, SECOND, "apps/shop/models.py")
    write(repository, "apps/shop/migrations/__pycache__/0001_initial.cpython-314.pyc")
    git(repository, "rm", "-r", "--quiet", "apps/shop")
    assert (repository / "apps/shop/migrations").is_dir()

    assert changed(repository) == []


def test_app_that_stays_keeps_its_migrations(repository: Path) -> None:
    commit(repository, FIRST, "apps/shop/models.py")
    shutil.rmtree(repository / "apps/shop/migrations")

    assert [finding.file for finding in changed(repository)] == [FIRST]
