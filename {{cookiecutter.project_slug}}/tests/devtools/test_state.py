import subprocess
import sys
from pathlib import Path

from devtools import state
from devtools.processes import ProcessId
from devtools.pytest_services import PROJECT
from devtools.state import Service, State, User

PROCESS = ProcessId(pid=1234, created=1700000000.25)
SERVICE = Service(process=PROCESS, port=6400, variables={"REDIS_URL": "redis://127.0.0.1:6400/1"})
USER = User(process=PROCESS, purpose="just up", address="http://127.0.0.1:8000", processes=[PROCESS])

TRY_LOCK = """
import sys
from pathlib import Path
from devtools import state
with Path(sys.argv[1]).open("a+b") as handle:
    print(state._try_lock(handle))
"""


def try_lock_elsewhere(path: Path) -> str:
    command = [sys.executable, "-c", TRY_LOCK, str(path)]
    return subprocess.check_output(command, cwd=PROJECT, text=True).strip()


def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = State(services={"redis": SERVICE}, users=[USER])

    state.save(written, tmp_path / "state.json")

    assert state.load(tmp_path / "state.json") == written


def test_a_missing_state_file_is_an_empty_state(tmp_path: Path) -> None:
    assert state.load(tmp_path / "state.json") == State()


def test_a_damaged_state_file_is_an_empty_state(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"services": {"redis": ')

    assert state.load(tmp_path / "state.json") == State()


def test_a_lock_keeps_other_processes_out_until_it_is_released(tmp_path: Path) -> None:
    with state.locked(tmp_path / "lock"):
        meanwhile = try_lock_elsewhere(tmp_path / "lock")
    afterwards = try_lock_elsewhere(tmp_path / "lock")

    assert (meanwhile, afterwards) == ("False", "True")
