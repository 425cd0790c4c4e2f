"""Releases are dates, made by a tag that every file agrees with."""

import datetime
import re
from pathlib import Path

import pytest

from conftest import ROOT, VERSION
from tools.release import PINNING, ReleaseError, main, name_unreleased, next_version, notes

CHANGELOG = """\
# Changelog

## [Unreleased]

### Added

- A second thing.

## [2026.11.0] - 2026-11-30

### Added

- A first thing.

[Unreleased]: https://github.com/user/alx-project-nexus/compare/2026.11.0...main
[2026.11.0]: https://github.com/user/alx-project-nexus/releases/tag/2026.11.0
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    for name in PINNING:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("uvx cookiecutter gh:user/alx-project-nexus --checkout 2026.11.0\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "2026.11.0"\n')
    return tmp_path


@pytest.mark.parametrize(
    ("year", "month", "version"), [(2026, 11, "2026.11.1"), (2026, 12, "2026.12.0"), (2027, 1, "2027.1.0")]
)
def test_a_version_is_the_month_and_a_number_within_it(year: int, month: int, version: str) -> None:
    assert next_version(CHANGELOG, datetime.date(year, month, 9)) == version


def test_the_unreleased_changes_get_its_name_and_its_address() -> None:
    changelog = name_unreleased(CHANGELOG, "2026.12.0", datetime.date(2026, 12, 9))

    assert notes(changelog, "Unreleased") == ""
    assert notes(changelog, "2026.12.0") == "### Added\n\n- A second thing."
    assert notes(changelog, "2026.11.0") == "### Added\n\n- A first thing."
    assert "\n## [2026.12.0] - 2026-12-09\n" in changelog
    assert "[Unreleased]: https://github.com/user/alx-project-nexus/compare/2026.12.0...main\n" in changelog
    assert "[2026.12.0]: https://github.com/user/alx-project-nexus/releases/tag/2026.12.0\n" in changelog


def test_a_tag_that_every_file_agrees_with_passes(repository: Path) -> None:
    assert main(["check", "2026.11.0"], repository).startswith("2026.11.0 is what every file says")
    assert main(["notes", "2026.11.0"], repository) == "### Added\n\n- A first thing."


@pytest.mark.parametrize(
    ("name", "old", "new", "complaint"),
    [
        ("pyproject.toml", "2026.11.0", "2026.10.0", r"pyproject\.toml has the version 2026\.10\.0"),
        ("CHANGELOG.md", "## [2026.11.0]", "## [2026.10.0]", r"CHANGELOG\.md says nothing of 2026\.11\.0"),
        ("README.md", "2026.11.0", "2026.10.0", r"README\.md has --checkout 2026\.10\.0"),
    ],
)
def test_a_tag_that_a_file_contradicts_is_refused_with_the_files_name(
    repository: Path, name: str, old: str, new: str, complaint: str
) -> None:
    text = (repository / name).read_text()
    (repository / name).write_text(text.replace(old, new))

    with pytest.raises(ReleaseError, match=complaint):
        main(["check", "2026.11.0"], repository)


@pytest.mark.parametrize("name", PINNING)
def test_who_is_told_to_generate_is_told_to_take_this_version(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")

    assert set(re.findall(r"cookiecutter gh:\S+(?: --checkout (\S+))?", text)) == {VERSION}
