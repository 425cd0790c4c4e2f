"""News: none is forgotten, and each finds its way into the changelog."""

import os
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from devtools import changelog
from devtools.errors import DevtoolsError
from tests.processes import PROJECT_DIR

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="Git knows what changed.")

Commit = Callable[[dict[str, str]], None]
KINDS = {"added", "changed", "deprecated", "fixed", "removed", "security"}


@pytest.fixture
def commit(tmp_path: Path) -> Commit:
    """Commits files on a branch that left ``main`` before."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main"], cwd=tmp_path, check=True)
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]

    def commit_files(files: dict[str, str]) -> None:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        subprocess.run(["git", "add", "--all"], cwd=tmp_path, check=True)
        subprocess.run(["git", *identity, "commit", "--quiet", "--message=A"], cwd=tmp_path, check=True)

    commit_files({"README.md": "Shop\n"})
    subprocess.run(["git", "switch", "--quiet", "--create", "work"], cwd=tmp_path, check=True)
    return commit_files


def test_a_change_without_news_is_refused_with_what_to_write(
    tmp_path: Path, commit: Commit, capsys: pytest.CaptureFixture[str]
) -> None:
    commit({"apps/orders/services.py": "PRICE = 2\n"})

    status = changelog.main(["check", "main"], tmp_path)

    said = capsys.readouterr().err
    assert status == 1
    assert "apps/orders/services.py changed since main" in said
    assert "changelog.d/NUMBER.KIND.md" in said


def test_a_change_with_news_passes(tmp_path: Path, commit: Commit) -> None:
    commit({"apps/orders/services.py": "PRICE = 2\n", "changelog.d/12.changed.md": "It costs 2.\n"})

    assert changelog.main(["check", "main"], tmp_path) == 0


def test_a_project_in_a_folder_of_its_repository_is_told_by_its_own_news(
    tmp_path: Path, commit: Commit
) -> None:
    commit({"frontend/index.ts": "\n", "backend/docs/index.md": "\n"})
    assert changelog.main(["check", "main"], tmp_path / "backend") == 0

    commit({"backend/apps/orders/services.py": "PRICE = 2\n"})
    assert changelog.main(["check", "main"], tmp_path / "backend") == 1

    commit({"backend/changelog.d/12.changed.md": "It costs 2.\n"})
    assert changelog.main(["check", "main"], tmp_path / "backend") == 0


def test_news_that_are_taken_away_tell_nothing(tmp_path: Path, commit: Commit) -> None:
    news = {"changelog.d/12.changed.md": "It costs 2.\n"}
    commit(news)
    subprocess.run(["git", "branch", "--force", "main"], cwd=tmp_path, check=True)
    for name in news:
        (tmp_path / name).unlink()
    commit({"apps/orders/services.py": "PRICE = 2\n"})

    assert changelog.main(["check", "main"], tmp_path) == 1


@pytest.mark.parametrize(
    "name",
    [
        ".github/dependabot.yml",
        "CODEOWNERS",
        "Jenkinsfile",
        "apps/orders/tests/test_price.py",
        "conftest.py",
        "justfile",
        "pipeline/deploy.sh",
        "uv.lock",
    ],
)
def test_what_nobody_notices_needs_no_news(tmp_path: Path, commit: Commit, name: str) -> None:
    commit({name: "\n"})

    assert changelog.main(["check", "main"], tmp_path) == 0


def test_a_branch_that_is_not_there_is_named(
    tmp_path: Path, commit: Commit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert changelog.main(["check", "origin/nowhere"], tmp_path) == 1
    assert "origin/nowhere" in capsys.readouterr().err


def test_news_are_collected_under_their_version(
    tmp_path: Path, commit: Commit, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not shutil.which("towncrier", path=sysconfig.get_path("scripts")):
        pytest.skip("towncrier is in the group 'dev', which is not installed.")
    monkeypatch.setenv("PATH", sysconfig.get_path("scripts"), prepend=os.pathsep)
    for name in ("CHANGELOG.md", "pyproject.toml"):
        shutil.copy(PROJECT_DIR / name, tmp_path / name)
    commit({"changelog.d/12.fixed.md": "Nights are counted once.\n", "changelog.d/+a.added.md": "Photos.\n"})
    # uv would lock, which takes its cache; that is uv's to test.
    monkeypatch.setattr(changelog, "run", lambda project, *command: collect(project, command))

    said = changelog.version(tmp_path, "98.76.54")

    assert "git tag v98.76.54" in said
    text = (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8")
    _, heading, news = text.partition("\n## 98.76.54 - ")
    assert heading
    assert news.splitlines()[1:] == [
        "",
        "### Added",
        "",
        "- Photos.",
        "",
        "### Fixed",
        "",
        "- Nights are counted once. (#12)",
    ]
    assert not (tmp_path / "changelog.d" / "12.fixed.md").exists()


def collect(project: Path, command: tuple[str, ...]) -> None:
    if command[0] == "towncrier":
        subprocess.run(command, cwd=project, check=True, capture_output=True)


@pytest.mark.parametrize("wanted", ["next", "1.2", "v1.2.0", "1.2.0; rm"])
def test_what_is_no_version_is_refused(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(DevtoolsError, match="three numbers"):
        changelog.version(tmp_path, wanted)


def test_all_news_are_of_a_known_kind() -> None:
    names = [path.name for path in (PROJECT_DIR / "changelog.d").iterdir() if path.name != "README.md"]

    assert [name for name in names if name.removesuffix(".md").rpartition(".")[2] not in KINDS] == []
