"""What whoever works on the project meets first: the dev container, the hooks, the owners."""

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.processes import PROJECT_DIR

FOLDER = PROJECT_DIR / ".devcontainer"
CONTAINER = json.loads((FOLDER / "devcontainer.json").read_text(encoding="utf-8"))
SETUP = (FOLDER / "setup.sh").read_text(encoding="utf-8")

unix = pytest.mark.skipif(not shutil.which("sh"), reason="The script is for a container, which has a shell.")


def test_dev_container_has_a_python_that_the_project_accepts_and_that_redis_has_a_wheel_for() -> None:
    found = re.search(r":(?:\d-)?3\.(\d+)-", CONTAINER["image"])
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lowest = int(project["requires-python"].removeprefix(">=3."))

    assert found
    assert lowest <= int(found[1]) < 13


def test_dev_container_sets_itself_up_and_shows_the_port_of_the_site() -> None:
    assert CONTAINER["postCreateCommand"] == "sh .devcontainer/setup.sh"
    assert CONTAINER["forwardPorts"] == [8000]


@unix
def test_its_setup_is_a_script_that_ends_with_the_hooks() -> None:
    assert subprocess.run(["sh", "-n", FOLDER / "setup.sh"], check=False).returncode == 0
    assert SETUP.splitlines()[-3:] == [
        "python -m pip install uv",
        "python -m uv sync",
        "python -m uv run pre-commit install",
    ]


STAND_IN = """\
#!/bin/sh
case "${0##*/}" in
    id) echo "$STAND_IN_ID" ;;
    uname) echo "$STAND_IN_PROCESSOR" ;;
    *) echo "${0##*/} $*" ;;
esac
"""


def typed_by_setup(folder: Path, *, processor: str, user: int) -> list[str]:
    """What the script would run on such a machine; programs that only say how they were called stand in."""
    for program in ("apt-get", "id", "python", "sudo", "uname"):
        (folder / program).write_text(STAND_IN)
        (folder / program).chmod(0o755)
    shell = shutil.which("sh") or "sh"
    environment = {"PATH": str(folder), "STAND_IN_ID": str(user), "STAND_IN_PROCESSOR": processor}
    return subprocess.check_output([shell, FOLDER / "setup.sh"], env=environment, text=True).splitlines()


INSTALL_REDIS = "apt-get install --yes --no-install-recommends redis-server"


@unix
@pytest.mark.parametrize(("user", "typed"), [(1000, f"sudo {INSTALL_REDIS}"), (0, INSTALL_REDIS)])
def test_its_setup_installs_redis_for_processors_that_there_is_no_wheel_for(
    tmp_path: Path, user: int, typed: str
) -> None:
    assert typed in typed_by_setup(tmp_path, processor="aarch64", user=user)


@unix
def test_its_setup_leaves_redis_to_the_wheel_where_there_is_one(tmp_path: Path) -> None:
    typed = typed_by_setup(tmp_path, processor="x86_64", user=1000)

    assert [line for line in typed if "redis" in line] == []
    assert "python -m uv sync" in typed


def test_every_file_has_an_owner() -> None:
    lines = (PROJECT_DIR / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]

    assert rules[0][0] == "*"
    assert [rule for rule in rules if not all("@" in owner for owner in rule[1:])] == []
