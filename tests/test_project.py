"""A generated project is whole: it passes everything that it asks of its owner's commits."""

from pathlib import Path

import pytest

from conftest import Run

pytestmark = pytest.mark.slow


def test_a_fresh_project_passes_its_own_check(
    baked_copy: Path, project_environment: dict[str, str], run: Run
) -> None:
    output = run("uv", "run", "just", "check", cwd=baked_copy, env=project_environment)

    assert "All checks passed!" in output
    assert "Success: no issues found" in output
    assert " passed" in output
    assert run("git", "status", "--short", cwd=baked_copy) == ""


def test_the_environment_is_installed_from_the_shipped_lock(
    baked_copy: Path, project_environment: dict[str, str], run: Run
) -> None:
    run("uv", "sync", "--locked", "--all-groups", cwd=baked_copy, env=project_environment)

    assert run("git", "status", "--short", cwd=baked_copy) == ""
