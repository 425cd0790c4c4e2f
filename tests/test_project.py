"""A generated project is whole: it passes everything that it asks of its owner's commits."""

import shutil
from pathlib import Path

import pytest

from conftest import Bake, Run, finds_mysql

pytestmark = pytest.mark.slow


def test_a_fresh_project_passes_its_own_check(
    baked_copy: Path, project_environment: dict[str, str], run: Run
) -> None:
    output = run("uv", "run", "just", "check", cwd=baked_copy, env=project_environment)

    assert "All checks passed!" in output
    assert "Success: no issues found" in output
    assert " passed" in output
    assert run("git", "status", "--short", cwd=baked_copy) == ""


# With the defaults above, and with the project of test_newapp.py, every answer is in one at least.
def test_a_project_with_other_answers_passes_its_own_check(
    bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(api_auth="OAuth2").project_path

    run("uv", "run", "just", "check", cwd=project, env=project_environment)

    assert run("git", "status", "--short", cwd=project) == ""


# And these are the other pairs: their code is whole.
@pytest.mark.parametrize(("api_auth", "example"), [("JWT", "no"), ("Token", "yes"), ("OAuth2", "no")])
def test_a_project_with_any_pair_of_answers_is_lint_clean(
    api_auth: str, example: str, bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(api_auth=api_auth, example=example).project_path

    run("uv", "run", "just", "lint", cwd=project, env=project_environment)


@pytest.mark.skipif(not shutil.which("rabbitmq-server"), reason="There is no RabbitMQ on this machine.")
def test_a_project_with_rabbitmq_passes_its_own_check(
    bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(broker="RabbitMQ", example="no").project_path

    run("uv", "run", "just", "check", cwd=project, env=project_environment)

    assert run("git", "status", "--short", cwd=project) == ""


@pytest.mark.skipif(not finds_mysql(), reason="There is no MySQL or MariaDB on this machine.")
def test_a_project_with_mysql_passes_its_own_check(
    bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(database="MySQL").project_path

    run("uv", "run", "just", "check", cwd=project, env=project_environment)

    assert run("git", "status", "--short", cwd=project) == ""


@pytest.mark.parametrize("api_auth", ["Token", "OAuth2"])
def test_a_project_with_mysql_is_lint_clean(
    api_auth: str, bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(database="MySQL", api_auth=api_auth).project_path

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
