"""What whoever works on the project meets first: the dev container, the hooks, the owners."""

import json
import re
import shutil
import subprocess
import tomllib

import pytest

from tests.processes import PROJECT_DIR

FOLDER = PROJECT_DIR / ".devcontainer"
CONTAINER = json.loads((FOLDER / "devcontainer.json").read_text(encoding="utf-8"))
SETUP = (FOLDER / "setup.sh").read_text(encoding="utf-8")


def test_dev_container_has_a_python_that_the_project_accepts_and_that_redis_has_a_wheel_for() -> None:
    found = re.search(r":(?:\d-)?3\.(\d+)-", CONTAINER["image"])
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = int(project["requires-python"].removeprefix(">=3."))

    assert found
    assert lowest <= int(found[1]) < 13


def test_dev_container_sets_itself_up_and_shows_the_port_of_the_site() -> None:
    assert CONTAINER["postCreateCommand"] == "sh .devcontainer/setup.sh"
    assert CONTAINER["forwardPorts"] == [8000]


@pytest.mark.skipif(not shutil.which("sh"), reason="The script is for a container, which has a shell.")
def test_its_setup_is_a_script_that_ends_with_the_hooks() -> None:
    assert subprocess.run(["sh", "-n", FOLDER / "setup.sh"], check=False).returncode == 0
    assert SETUP.splitlines()[-3:] == [
        "python -m pip install uv",
        "python -m uv sync",
        "python -m uv run pre-commit install",
    ]


def test_every_file_has_an_owner() -> None:
    lines = (PROJECT_DIR / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]

    assert rules[0][0] == "*"
    assert [rule for rule in rules if not all("@" in owner for owner in rule[1:])] == []
