from pathlib import Path

from devtools import state
from devtools.processes import ProcessId
from devtools.state import Service, State, User

PROCESS = ProcessId(pid=1234, created=1700000000.25)
SERVICE = Service(process=PROCESS, port=6400, variables={"REDIS_URL": "redis://127.0.0.1:6400/1"})
USER = User(process=PROCESS, purpose="just up", address="http://127.0.0.1:8000", processes=[PROCESS])


def test_the_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = State(services={"redis": SERVICE}, users=[USER])

    state.save(written, tmp_path / "state.json")

    assert state.load(tmp_path / "state.json") == written


def test_a_missing_state_file_is_an_empty_state(tmp_path: Path) -> None:
    assert state.load(tmp_path / "state.json") == State()


def test_a_damaged_state_file_is_an_empty_state(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"services": {"redis": ')

    assert state.load(tmp_path / "state.json") == State()
