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
    ("api_auth", "broker", "example"),
    [
        ("JWT", "RabbitMQ", "no"),
        ("Token", "RabbitMQ", "yes"),
        ("OAuth2", "Redis", "no"),
        ("OAuth2", "RabbitMQ", "yes"),
    ],
)
def test_a_project_with_any_two_answers_is_lint_clean(
    api_auth: str, broker: str, example: str, bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(api_auth=api_auth, broker=broker, example=example).project_path

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
