"""The verbs with USE_DOCKER: which commands they give to a Docker that only writes them down."""

import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devtools import containers, doctor, ports, run, services, test, up
from devtools.errors import DevtoolsError
from devtools.processes import ProcessId
from devtools.state import State, User, save

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="The stand-in is a shell script.")

FAKE = """#!/bin/sh
echo "$* uid=$HOST_UID port=$WEB_PORT" >> "$DOCKER_DIARY"
for last in "$@"; do :; done
case "$*" in
    *" ps "*) case " $DOCKER_RUNS " in *" all "*|*" $last "*) echo container ;; esac ;;
    *" $DOCKER_FAILS "*) exit 1 ;;
esac
"""


@pytest.fixture
def diary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-in for Docker writes what it is told."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker"
    program.write_text(FAKE)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("USE_DOCKER", "true")
    monkeypatch.setenv("DOCKER_FAILS", "nothing")
    monkeypatch.setenv("DOCKER_DIARY", str(tmp_path / "diary"))
    for name in ("HOST_UID", "HOST_GID", "WEB_PORT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "diary"


def verbs(diary: Path) -> list[str]:
    """The first word after ``docker compose`` of each command, but for the questions."""
    words = [line.split() for line in diary.read_text().splitlines()]
    return [word for _, word, *_ in words if word not in ("ls", "ps")]


@pytest.mark.parametrize(("value", "is_chosen"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_containers_are_chosen_by_a_variable(
    value: str, *, is_chosen: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("USE_DOCKER", raising=False)
    (tmp_path / ".env").write_text(f"USE_DOCKER={value}\n")

    assert containers.chosen(tmp_path) is is_chosen


def test_up_waits_for_all_containers_says_where_they_are_and_stops_them_at_the_end(
    project: Path, diary: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        taken = server.getsockname()[1]
        monkeypatch.setenv("WEB_PORT", str(taken))
        status = up.main(project)

    assert status == 0
    assert verbs(diary) == ["stop", "up", "logs", "stop"]
    started = next(line for line in diary.read_text().splitlines() if " up " in line)
    assert "--build --wait" in started
    assert f"uid={project.stat().st_uid} " in started
    # The next port where one is taken.
    assert f"port={taken}" not in started
    assert "http://127.0.0.1:" in capfd.readouterr().out
    assert not services.state_file(project).exists()


def test_up_shows_what_the_release_said_when_the_containers_do_not_start(
    project: Path, diary: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_FAILS", "up")

    assert up.main(project) == 1
    assert verbs(diary) == ["stop", "up", "logs", "stop"]
    assert "--no-log-prefix --tail=20 release" in diary.read_text()
    assert "The containers did not start" in capfd.readouterr().err


def test_a_second_up_changes_nothing(
    project: Path, diary: Path, start_sleeper: Callable[[], ProcessId], capfd: pytest.CaptureFixture[str]
) -> None:
    other = User(process=start_sleeper(), purpose=services.UP, address="http://127.0.0.1:8000")
    services.state_file(project).parent.mkdir(exist_ok=True)
    save(State(users=[other]), services.state_file(project))

    assert up.main(project) == 1
    assert "already running" in capfd.readouterr().err
    assert verbs(diary) == []


@pytest.mark.parametrize(("runs", "expected"), [("", ["run", "stop"]), ("all", ["run"])])
def test_a_command_runs_in_a_container_and_stops_what_did_not_run_before(
    runs: str, expected: list[str], project: Path, diary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_RUNS", runs)

    assert run.main(["python", "manage.py", "check"], project) == 0
    assert verbs(diary) == expected
    assert "release python manage.py check" in diary.read_text()


def test_tests_run_in_a_container_that_knows_nothing_of_env(project: Path, diary: Path) -> None:
    assert test.main(["-k", "one"], project) == 0
    assert "tests pytest -k one" in diary.read_text()


@pytest.mark.parametrize(
    ("runs", "status"), [("database redis worker", 0), ("database rabbitmq", 0), ("rabbitmq worker", 1)]
)
def test_tests_do_not_run_beside_a_worker_that_would_take_their_tasks(
    runs: str,
    status: int,
    project: Path,
    diary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DOCKER_RUNS", runs)

    assert test.main([], project) == status
    assert ("Stop it first" in capfd.readouterr().err) is bool(status)
    assert ("run" in verbs(diary)) is not bool(status)


def test_the_doctor_looks_at_what_runs_and_starts_nothing(
    project: Path, diary: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert doctor.main(["--json"], project) == 1
    assert "The containers do not run." in capfd.readouterr().err
    assert verbs(diary) == []

    monkeypatch.setenv("DOCKER_RUNS", "all")

    assert doctor.main(["--json"], project) == 0
    assert "web python manage.py doctor --json" in diary.read_text()


def test_docker_that_is_missing_or_silent_is_named(
    tmp_path: Path, diary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin" / "docker").write_text("#!/bin/sh\necho 'Is the daemon running?' >&2; exit 1\n")
    with pytest.raises(DevtoolsError, match="Is the daemon running"):
        containers.require_docker()

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DevtoolsError, match="there is no program `docker` on PATH"):
        containers.require_docker()
