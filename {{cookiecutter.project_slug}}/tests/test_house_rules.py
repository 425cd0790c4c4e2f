"""Agreements about the code itself, each held by a tool: nobody has to remember them in a review."""

import ast
import os
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.processes import PROJECT_DIR

CODE = ("apps", "config", "devtools", "tests")
SECRETS = ("DJANGO_SUPERUSER_PASSWORD", "JWT_SIGNING_KEY", "SECRET_KEY")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, text=True, check=False)


def tool(name: str) -> str:
    """The path of a program of this environment; the test is skipped where it is not installed."""
    program = shutil.which(name, path=sysconfig.get_path("scripts"))
    return program or pytest.skip(f"{name} is in the group 'lint', which is not installed.")


def tracked_files() -> list[Path]:
    listed = run("git", "ls-files", "-z")
    if listed.returncode:
        pytest.skip("The project is no git repository.")
    return [PROJECT_DIR / name for name in listed.stdout.split("\0") if name]


@pytest.mark.lesson("secrets-in-repo")
def test_no_secret_is_written_into_the_code() -> None:
    found = run(tool("ruff"), "check", "--quiet", "--select=S105,S106,S107", "apps", "config", "devtools")

    assert found.returncode == 0, found.stdout


@pytest.mark.lesson("secrets-in-repo")
def test_git_ignores_the_file_with_the_secrets() -> None:
    assert PROJECT_DIR / ".env" not in tracked_files()
    assert run("git", "check-ignore", "--no-index", ".env", ".local/services.env").returncode == 0


@pytest.mark.lesson("secrets-in-repo")
def test_no_tracked_file_holds_a_secret_of_this_machine() -> None:
    values = dotenv_values(PROJECT_DIR / ".env")
    secrets = {name: value.encode() for name in SECRETS if (value := values.get(name))}
    leaks = [
        f"{file.relative_to(PROJECT_DIR)} holds the {name} of .env"
        for file in tracked_files()
        if file.is_file()
        for name, secret in secrets.items()
        if secret in file.read_bytes()
    ]

    assert leaks == []


@pytest.mark.lesson("dependency-lock")
def test_lock_holds_what_the_project_asks_for() -> None:
    uv = os.environ.get("UV") or shutil.which("uv") or pytest.skip("uv is not on PATH.")

    checked = run(uv, "lock", "--check", "--offline")

    assert checked.returncode == 0, f"{checked.stderr}\nTo lock anew: uv lock"


@pytest.mark.lesson("lint-types-and-boundaries")
def test_linter_finds_nothing() -> None:
    found = run(tool("ruff"), "check", "--quiet")

    assert found.returncode == 0, found.stdout


@pytest.mark.lesson("lint-types-and-boundaries")
def test_imports_keep_their_contracts() -> None:
    found = run(tool("lint-imports"), "--no-cache")

    assert found.returncode == 0, found.stdout


@pytest.mark.lesson("input-validation-and-injection")
def test_no_query_and_no_page_is_put_together_from_strings() -> None:
    found = run(tool("ruff"), "check", "--quiet", "--select=S308,S608,S610,S611", "apps", "config")

    assert found.returncode == 0, found.stdout


def names_of_tests(file: Path) -> list[str]:
    """The test functions that a module defines, those of its classes too."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    return [
        node.name
        for body in bodies
        for node in body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]


def files_with_tests() -> Iterator[Path]:
    for folder in CODE:
        yield from (file for file in (PROJECT_DIR / folder).rglob("*.py") if names_of_tests(file))


@pytest.mark.lesson("tests-that-run")
def test_every_file_with_tests_is_one_that_pytest_reads(pytestconfig: pytest.Config) -> None:
    patterns = pytestconfig.getini("python_files")
    folders = [PROJECT_DIR / folder for folder in pytestconfig.getini("testpaths")]
    never_run = [
        str(file.relative_to(PROJECT_DIR))
        for file in files_with_tests()
        if not any(fnmatch(file.name, pattern) for pattern in patterns)
        or not any(file.is_relative_to(folder) for folder in folders)
    ]

    assert never_run == [], f"pytest reads {patterns} in {pytestconfig.getini('testpaths')} only."
