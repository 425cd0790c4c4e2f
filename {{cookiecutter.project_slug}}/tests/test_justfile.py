"""The verbs, up to the commands that they run."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.processes import PROJECT_DIR

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="PowerShell joins arguments.")


@pytest.fixture
def just(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The program, with a uv on its path that only prints its arguments, each on a line."""
    program = shutil.which("just", path=sysconfig.get_path("scripts")) or pytest.skip(
        "just is not installed."
    )
    fake = tmp_path / "uv"
    fake.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return program


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("manage", ["shell", "-c", 'print("a  b", $HOME)']),
        ("test", ["-k", "one or 'two'", ""]),
        ("manage", []),
        ("test", []),
    ],
)
def test_arguments_arrive_as_they_were_typed(just: str, verb: str, arguments: list[str]) -> None:
    finished = subprocess.run(
        [just, verb, *arguments], cwd=PROJECT_DIR, capture_output=True, text=True, check=True
    )

    module = {"manage": "devtools.run python manage.py", "test": "devtools.test"}[verb]
    command = f"run python -m {module}".split()
    assert finished.stdout.splitlines() == [*command, *arguments]
