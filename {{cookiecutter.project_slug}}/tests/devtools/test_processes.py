import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil

from devtools import processes
from devtools.processes import ProcessId

Start = Callable[[], ProcessId]


def test_a_process_is_found_again_by_its_number_and_start_time(start_sleeper: Start) -> None:
    sleeper = start_sleeper()

    assert sleeper.find() == psutil.Process(sleeper.pid)


def test_a_process_that_started_at_another_time_is_a_stranger(start_sleeper: Start) -> None:
    sleeper = start_sleeper()
    # As if the number had been given away again a minute later.
    remembered = replace(sleeper, created=sleeper.created - 60)

    assert remembered.find() is None


def test_a_process_that_ended_is_not_found_although_nobody_asked_for_its_status() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        remembered = ProcessId.of(psutil.Process(child.pid))
        psutil.Process(child.pid).kill()
        # Without reaping it, as a careless first process of a container would.
        processes._wait([psutil.Process(child.pid)], patience=5)

        assert remembered.find() is None


def test_only_the_remembered_process_is_stopped(start_sleeper: Start) -> None:
    leftover, stranger = start_sleeper(), start_sleeper()

    processes.stop_trees([leftover, replace(stranger, created=stranger.created - 60)])

    assert leftover.find() is None
    assert stranger.find() is not None


def test_the_children_of_a_process_are_stopped_with_it() -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1, flush=True); input()'])"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        tree = processes.trees([parent.pid])

        processes.stop_trees(tree[:1])

        assert len(tree) == 2
        assert [process.find() for process in tree] == [None, None]


def test_a_process_that_ignores_the_polite_request_is_killed() -> None:
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as stubborn:
        assert stubborn.stdout is not None
        stubborn.stdout.readline()

        processes.stop([psutil.Process(stubborn.pid)], patience=0.1)

        assert stubborn.wait() == -9


def test_a_pid_file_that_names_a_process_elsewhere_is_not_believed(
    tmp_path: Path, start_sleeper: Start
) -> None:
    pid_file = tmp_path / "server.pid"
    pid_file.write_text(f"{start_sleeper().pid}\n")

    assert processes.occupant(tmp_path, pid_file) is None


def test_a_pid_file_that_names_a_process_in_the_folder_is_believed(tmp_path: Path) -> None:
    pid_file = tmp_path / "server.pid"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, cwd=tmp_path) as server:
        pid_file.write_text(f"{server.pid}\n")

        assert processes.occupant(tmp_path, pid_file) == psutil.Process(server.pid)
        server.communicate(b"\n")
