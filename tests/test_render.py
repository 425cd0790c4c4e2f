"""The generated tree is clean: nothing of the template is left, and every file is in order."""

import json
import os
import re
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import pytest
import yaml
from markdown_it import MarkdownIt

from conftest import ROOT, Bake, Run

COOKIECUTTER = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
# Postman has variables of its own.
COPIED = [*COOKIECUTTER["_copy_without_render"], "docs/postman/*"]

# Long and foreign words, so that the formatter and the linter have something to object to.
AWKWARD = {
    "project_name": "O'Brien's \"Café\" №1",
    "project_slug": "awkward",
    "description": 'It says "it\'s long" — and goes on, ' * 4 + "and ends.",
    "author_name": 'O\'Brien & Söhne "GmbH"',
}

RESERVED_ON_WINDOWS = re.compile(r"(aux|con|nul|prn|com\d|lpt\d)(\..*)?", re.IGNORECASE)
MAY_BE_EMPTY = ("__init__.py", "__init__.py-tpl", "py.typed")
HEADING_WITHOUT_ROOM = re.compile(r"[^\n]\n##+ |^##+ [^\n]*\n[^\n]", re.MULTILINE)
MAKES_ITS_OWN_PARAGRAPHS = ("*.py", "*.py-tpl", "uv.lock", "LICENSE")


@pytest.fixture(scope="session")
def files(baked_project: Path, run: Run) -> dict[PurePosixPath, bytes]:
    """What is committed in the generated project."""
    names = run("git", "ls-files", "-z", cwd=baked_project).split("\0")[:-1]
    return {PurePosixPath(name): (baked_project / name).read_bytes() for name in names}


@pytest.fixture(scope="session")
def texts(files: dict[PurePosixPath, bytes]) -> dict[PurePosixPath, str]:
    return {path: content.decode("utf-8") for path, content in files.items() if path.suffix != ".png"}


def matches(path: PurePosixPath, patterns: list[str] | tuple[str, ...]) -> bool:
    return any(fnmatch(str(path), pattern) or path.name == pattern for pattern in patterns)


def test_every_file_on_disk_is_committed_but_the_secrets(
    baked_project: Path, files: dict[PurePosixPath, bytes]
) -> None:
    on_disk = {
        PurePosixPath(path.relative_to(baked_project).as_posix())
        for path in baked_project.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }

    assert on_disk - files.keys() == {PurePosixPath(".env")}


def test_nothing_of_the_template_language_is_left(texts: dict[PurePosixPath, str]) -> None:
    language = re.compile(r"\{\{|\{%|\{#|^\s*# @", re.MULTILINE)

    assert [path for path, text in texts.items() if not matches(path, COPIED) and language.search(text)] == []


def test_no_file_speaks_of_cookiecutter(texts: dict[PurePosixPath, str]) -> None:
    assert [path for path, text in texts.items() if "cookiecutter" in text.lower()] == []


def test_every_text_ends_its_lines_the_same_way_and_only_once(
    texts: dict[PurePosixPath, str],
) -> None:
    filled = {path: text for path, text in texts.items() if text}

    assert [path for path, text in filled.items() if "\r" in text] == []
    assert [path for path, text in filled.items() if not re.search(r"\S\n\Z", text)] == []


def test_no_line_ends_in_blanks(texts: dict[PurePosixPath, str]) -> None:
    assert [path for path, text in texts.items() if re.search(r"[ \t]$", text, re.MULTILINE)] == []


def test_no_file_begins_with_or_holds_a_run_of_empty_lines(
    texts: dict[PurePosixPath, str],
) -> None:
    plain = {p: text for p, text in texts.items() if not matches(p, MAKES_ITS_OWN_PARAGRAPHS)}

    assert [path for path, text in texts.items() if text[:1].isspace() and path.name != "LICENSE"] == []
    assert [path for path, text in plain.items() if "\n\n\n" in text] == []


def test_nothing_is_left_empty(baked_project: Path, files: dict[PurePosixPath, bytes]) -> None:
    folders = [path for path in baked_project.rglob("*") if path.is_dir() and ".git" not in path.parts]

    assert [path for path, content in files.items() if not content and path.name not in MAY_BE_EMPTY] == []
    assert [folder for folder in folders if not any(folder.iterdir())] == []


def test_there_is_no_symbolic_link(baked_project: Path) -> None:
    assert [path for path in baked_project.rglob("*") if path.is_symlink()] == []


def test_every_name_can_be_checked_out_on_windows(files: dict[PurePosixPath, bytes]) -> None:
    names = {part for path in files for part in path.parts}

    assert [name for name in names if re.search(r'[<>:"|?*\\\x00-\x1f]|[. ]$', name)] == []
    assert [name for name in names if RESERVED_ON_WINDOWS.fullmatch(name)] == []
    assert len({str(path).lower() for path in files}) == len(files)
    assert [path for path in files if len(str(path)) > 120] == []


def test_every_structured_file_parses(texts: dict[PurePosixPath, str]) -> None:
    by_suffix = {
        suffix: [text for path, text in texts.items() if path.suffix == suffix]
        for suffix in (".toml", ".yaml", ".yml", ".json")
    }

    assert [tomllib.loads(text) for text in by_suffix[".toml"]]
    assert [list(yaml.safe_load_all(text)) for text in by_suffix[".yaml"] + by_suffix[".yml"]]
    assert len([json.loads(text) for text in by_suffix[".json"]]) == len(by_suffix[".json"])
    assert tomllib.loads(texts[PurePosixPath("uv.lock")])


def test_scripts_keep_their_executable_bit(baked_project: Path) -> None:
    scripts = [
        path
        for path in baked_project.rglob("*")
        if path.is_file() and ".git" not in path.parts and path.read_bytes()[:2] == b"#!"
    ]

    assert [path for path in scripts if not os.access(path, os.X_OK)] == []


@pytest.mark.parametrize("answers", [{}, AWKWARD], ids=["default", "awkward"])
def test_the_tree_is_formatted_and_free_of_lint(answers: dict[str, str], bake: Bake, run: Run) -> None:
    project = bake(**answers).project_path

    run(sys.executable, "-m", "ruff", "format", "--check", "--no-cache", cwd=project)
    run(sys.executable, "-m", "ruff", "check", "--no-cache", cwd=project)


@pytest.mark.parametrize("license_name", COOKIECUTTER["license"])
def test_every_relative_link_leads_to_a_file(license_name: str, bake: Bake) -> None:
    project = bake(license=license_name).project_path
    pages = sorted(project.rglob("*.md"))
    links = [(page, link) for page in pages for link in read_links(page)]
    relative = [(page, link) for page, link in links if not re.match(r"\w+:|#", link)]

    assert [
        f"{page.name}: {link}"
        for page, link in relative
        if not (page.parent / link.partition("#")[0]).exists()
    ] == []


# Every answer once.
@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"database": "MySQL", "broker": "RabbitMQ", "deploy": "Render", "api_auth": "OAuth2"},
        {"deploy": "Kubernetes", "api_auth": "Token", "example": "no"},
    ],
    ids=lambda answers: "-".join(answers.values()) or "default",
)
def test_every_heading_stands_alone_and_no_paragraph_is_torn(answers: dict[str, str], bake: Bake) -> None:
    project = bake(**answers).project_path
    pages = {page.relative_to(project): page.read_text(encoding="utf-8") for page in project.rglob("*.md")}

    assert [str(page) for page, text in pages.items() if HEADING_WITHOUT_ROOM.search(text)] == []
    assert [str(page) for page, text in pages.items() if "\n\n\n" in text] == []


def read_links(page: Path) -> list[str]:
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    inline = [child for token in tokens for child in token.children or []]
    return [str(child.attrs["href"]) for child in inline if child.type == "link_open"]
