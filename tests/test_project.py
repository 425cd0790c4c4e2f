"""A generated project is whole: it passes everything that it asks of its owner's commits."""

import shutil
import subprocess
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


def test_hooks_pass_a_fresh_project_and_change_nothing(
    baked_copy: Path, project_environment: dict[str, str], run: Run
) -> None:
    shutil.rmtree(baked_copy / ".git")
    run("git", "init", "--quiet", cwd=baked_copy)
    run("git", "add", "--all", cwd=baked_copy)

    # No cache of pre-commit's and no network: everything comes from the lock.
    offline = {"UV_OFFLINE": "1", "PRE_COMMIT_HOME": str(baked_copy.parent / "pre-commit")}
    run("uv", "sync", cwd=baked_copy, env=project_environment)
    output = run(
        "uv", "run", "pre-commit", "run", "--all-files", cwd=baked_copy, env=project_environment | offline
    )

    assert output.count("Passed") == 5
    assert run("git", "diff", "--stat", cwd=baked_copy) == ""


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("config/urls.py", "import os\n", ["config/urls.py:", "F401", "uv run just fix"]),
        ("config/api.py", "x  =  1\n", ["config/api.py:", "uv run just fix"]),
        ("docs/operations.md", "\n\n", ["docs/operations.md: end-of-file-fixer", "uv run just fix"]),
        (
            "apps/core/queue.py",
            'KEY = "AKIA" "IOSFODNN7EXAMPLE"\n'.replace('" "', ""),
            ["apps/core/queue.py:", "AWS"],
        ),
    ],
)
def test_a_failing_check_names_the_file_the_rule_and_what_mends_it(
    baked_copy: Path, project_environment: dict[str, str], name: str, text: str, said: list[str]
) -> None:
    with (baked_copy / name).open("a", encoding="utf-8") as file:
        file.write(text)

    lint = ["uv", "run", "just", "lint"]
    finished = subprocess.run(
        lint, cwd=baked_copy, env=project_environment, capture_output=True, text=True, check=False
    )

    output = finished.stdout + finished.stderr
    assert finished.returncode != 0
    assert [words for words in said if words not in output] == []


def test_a_new_dev_container_is_ready_for_work(
    machine: dict[str, str], baked_copy: Path, project_environment: dict[str, str], run: Run
) -> None:
    environment = project_environment | {"PATH": machine["PATH"]}

    run("sh", ".devcontainer/setup.sh", cwd=baked_copy, env=environment)

    hooks = sorted(path.name for path in (baked_copy / ".git" / "hooks").iterdir())
    assert hooks == ["pre-commit", "pre-push"]


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
