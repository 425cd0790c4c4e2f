"""A generated project is whole: it passes everything that it asks of its owner's commits."""

from pathlib import Path

import pytest

from conftest import Bake, Run

pytestmark = pytest.mark.slow


def test_a_fresh_project_passes_its_own_check(
    baked_copy: Path, project_environment: dict[str, str], run: Run
) -> None:
    output = run("uv", "run", "just", "check", cwd=baked_copy, env=project_environment)

    assert "All checks passed!" in output
    assert "Success: no issues found" in output
    assert " passed" in output
    assert run("git", "status", "--short", cwd=baked_copy) == ""


# Every two answers meet in one of these, or in those that are tested as a whole: the defaults, above, and the
# projects of test_docs.py and test_newapp.py.
@pytest.mark.parametrize(
    "answers",
    [
        {"database": "MySQL", "broker": "RabbitMQ", "example": "no"},
        {"database": "MySQL", "api_auth": "Token"},
        {"broker": "RabbitMQ", "api_auth": "Token"},
        {"api_auth": "OAuth2", "example": "no"},
        {"api_auth": "OAuth2", "database": "MySQL", "broker": "RabbitMQ"},
    ],
    ids=lambda answers: "-".join(answers.values()),
)
def test_a_project_with_any_two_answers_is_lint_clean(
    answers: dict[str, str], bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(**answers).project_path

    run("uv", "run", "just", "lint", cwd=project, env=project_environment)


def test_no_trace_of_the_example_is_left_without_it(bake: Bake, run: Run) -> None:
    project = bake(example="no").project_path

    files = run("git", "ls-files", cwd=project).splitlines()

    assert [name for name in files if b"booking" in (project / name).read_bytes().lower()] == []
    assert [name for name in files if "booking" in name.lower() or "traffic" in name.lower()] == []


def test_the_environment_is_installed_from_the_shipped_lock(
    baked_copy: Path, project_environment: dict[str, str], run: Run
) -> None:
    run("uv", "sync", "--locked", "--all-groups", cwd=baked_copy, env=project_environment)

    assert run("git", "status", "--short", cwd=baked_copy) == ""
