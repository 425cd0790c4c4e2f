"""The commands of both READMEs do what they say, exactly as they are written."""

import re
from pathlib import Path

import pytest

from conftest import DEFAULTS, ROOT, VERSION, Bake, Run, needs_mysql, needs_rabbitmq
from pages import read_blocks

GENERATE = f"python -m pip install uv && uvx cookiecutter gh:user/alx-project-nexus --checkout {VERSION}"
TEST_TEMPLATE = "python -m pip install uv && uv run just test"


def read_commands(page: Path) -> list[str]:
    """The lines of every block of shell commands."""
    blocks = [block.text for block in read_blocks(page) if block.language == "bash"]
    return [line for block in blocks for line in block.splitlines()]


def test_the_readme_gives_both_commands() -> None:
    assert read_commands(ROOT / "README.md")[:1] == [GENERATE]
    assert TEST_TEMPLATE in read_commands(ROOT / "README.md")


def test_the_ci_runs_the_test_command_of_the_readme() -> None:
    assert f"bash -c '{TEST_TEMPLATE}'\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_first_command_of_the_readme_generates_a_project(
    machine: dict[str, str], tmp_path: Path, run: Run
) -> None:
    enter_for_every_question = "\n" * len(DEFAULTS)

    output = run("bash", "-c", GENERATE, cwd=tmp_path, env=machine, stdin=enter_for_every_question)

    assert "My Project is ready in my_project/" in output
    assert (tmp_path / "my_project" / "manage.py").is_file()
    run("uv", "lock", "--check", "--offline", cwd=tmp_path / "my_project", env=machine)


def test_the_readme_of_a_project_gives_its_two_commands(baked_project: Path) -> None:
    commands = read_commands(baked_project / "README.md")

    assert commands[:2] == [
        "python -m pip install uv && uv run just up",
        "python -m pip install uv && uv run just test",
    ]


# What neither the database nor the broker nor the way of signing in has a part in: test_project.py runs it.
SAME_EVERYWHERE = (
    "apps/background/tests/test_clock_changes.py",
    "tests/devtools",
    "tests/test_environment.py",
    "tests/test_flower.py",
    "tests/test_mail.py",
    "tests/test_openapi.py",
    "tests/test_pipeline.py",
    "tests/test_production.py",
)


# With other answers than the defaults. The matrix runs all of them.
@pytest.mark.slow
@needs_rabbitmq
@needs_mysql
def test_the_test_command_of_a_projects_readme_passes_its_tests(
    machine: dict[str, str], bake: Bake, project_environment: dict[str, str], run: Run
) -> None:
    project = bake(api_auth="OAuth2", database="MySQL", broker="RabbitMQ").project_path
    command = read_commands(project / "README.md")[1]
    others = " ".join(f"--ignore={path}" for path in SAME_EVERYWHERE)
    environment = project_environment | {"PATH": machine["PATH"], "PYTEST_ADDOPTS": others}

    output = run("bash", "-c", command, cwd=project, env=environment)

    assert re.search(r"\d+ passed", output)
    assert "failed" not in output.splitlines()[-1]
