"""The documents say what is so: the diagram of the tables, and the commands to type."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command, get_commands

from apps.core.management.commands import erd
from tests.processes import PROJECT_DIR

TEXTS = [
    PROJECT_DIR / "README.md",
    PROJECT_DIR / "CONTRIBUTING.md",
    *sorted((PROJECT_DIR / "docs").glob("*.md")),
]
JUSTFILE = (PROJECT_DIR / "justfile").read_text(encoding="utf-8")
VERBS = set(re.findall(r"^@?([a-z][a-z-]*)(?: [^:\n]*)?:(?!=)", JUSTFILE, re.MULTILINE))


def commands_in(text: Path, pattern: str) -> set[str]:
    return set(re.findall(pattern, text.read_text(encoding="utf-8")))


@pytest.mark.lesson("docs-erd-and-commits")
def test_diagram_shows_the_tables_as_the_models_make_them() -> None:
    # A command that fails names each difference.
    call_command("erd", check=True)


@pytest.mark.lesson("docs-erd-and-commits")
@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_commands_in_the_documents_exist(text: Path) -> None:
    assert commands_in(text, r"uv run just ([a-z-]+)") - VERBS == set()
    assert commands_in(text, r"manage(?:\.py)? ([a-z_]+)") - get_commands().keys() == set()


@pytest.mark.lesson("docs-erd-and-commits")
def test_readme_names_every_verb() -> None:
    named = commands_in(PROJECT_DIR / "README.md", r"uv run just ([a-z-]+)")

    assert VERBS - named == {"default"}


def test_page_that_is_missing_or_old_is_told_apart_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erd, "FILE", str(tmp_path / "erd.md"))
    with pytest.raises(CommandError, match=r'is missing: "users\.User" BigAutoField id PK'):
        call_command("erd", check=True)

    call_command("erd")
    call_command("erd", check=True)

    page = (tmp_path / "erd.md").read_text(encoding="utf-8")
    (tmp_path / "erd.md").write_text(page.replace("CharField email", "TextField email"), encoding="utf-8")
    with pytest.raises(CommandError) as refusal:
        call_command("erd", check=True)
    assert [line.strip() for line in str(refusal.value).splitlines()[1:-1]] == [
        'is missing: "users.User" CharField email UK "at most 254"',
        'is no longer true: "users.User" TextField email UK "at most 254"',
    ]
