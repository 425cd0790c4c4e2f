import subprocess
import sys
from pathlib import Path

from devtools import locks
from devtools.for_tests import PROJECT

ATTEMPT = """
import sys
from pathlib import Path
from devtools import locks
with locks.attempted(Path(sys.argv[1])) as held:
    print(held)
"""


def attempt_elsewhere(path: Path) -> str:
    """Whether another process gets the lock."""
    command = [sys.executable, "-c", ATTEMPT, str(path)]
    return subprocess.check_output(command, cwd=PROJECT, text=True).strip()


def test_a_lock_keeps_other_processes_out_until_it_is_released(tmp_path: Path) -> None:
    with locks.locked(tmp_path / "lock"):
        meanwhile = attempt_elsewhere(tmp_path / "lock")
    afterwards = attempt_elsewhere(tmp_path / "lock")

    assert (meanwhile, afterwards) == ("False", "True")


def test_an_attempted_lock_keeps_other_processes_out_too(tmp_path: Path) -> None:
    with locks.attempted(tmp_path / "lock") as held:
        assert held is True
        assert attempt_elsewhere(tmp_path / "lock") == "False"
