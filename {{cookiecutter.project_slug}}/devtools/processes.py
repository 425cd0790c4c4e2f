"""Recognising and stopping processes that an earlier run may have left behind."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

PATIENCE = 8.0  # seconds between asking a process to stop and killing it
CLOCK_TOLERANCE = 2.0  # seconds by which the start time of one process may seem to move


@dataclass(frozen=True)
class ProcessId:
    """A process that can be recognised later: numbers are reused, start times tell them apart."""

    pid: int
    created: float

    @classmethod
    def of(cls, process: psutil.Process) -> "ProcessId":
        return cls(pid=process.pid, created=process.create_time())

    @classmethod
    def current(cls) -> "ProcessId":
        return cls.of(psutil.Process())

    def find(self) -> psutil.Process | None:
        """The process while it lives; None when it ended or another one has its number."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < CLOCK_TOLERANCE
        except psutil.NoSuchProcess:
            return None
        return process if same and lives(process) else None


def lives(process: psutil.Process) -> bool:
    """Whether the process still runs.

    One that ended may stay in the list as a zombie for as long as its parent does not ask for it;
    in a container the parent often is a first process that never asks.
    """
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def trees(pids: Iterable[int]) -> list[ProcessId]:
    """These processes and all below them, as far as they live."""
    found = []
    for pid in pids:
        try:
            root = psutil.Process(pid)
            found += [ProcessId.of(process) for process in [root, *root.children(recursive=True)]]
        except psutil.NoSuchProcess:
            continue
    return found


def stop_trees(roots: Iterable[ProcessId]) -> None:
    """Stop these processes and all below them: first politely, then by force."""
    doomed: set[psutil.Process] = set()
    for process in filter(None, (root.find() for root in roots)):
        doomed.add(process)
        try:
            doomed.update(process.children(recursive=True))
        except psutil.NoSuchProcess:
            continue
    stop(doomed)


def stop(processes: Iterable[psutil.Process], *, patience: float = PATIENCE) -> None:
    """Ask the processes to end, wait, and kill those that do not."""
    asked = list(processes)
    for process in asked:
        _tolerating_its_end(process.terminate)
    for process in _wait(asked, patience):
        _tolerating_its_end(process.kill)
    _wait(asked, patience)


def _wait(processes: list[psutil.Process], patience: float) -> list[psutil.Process]:
    """Wait for the processes to end; return those that did not."""
    deadline = time.monotonic() + patience
    while (alive := [p for p in processes if lives(p)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive


def _tolerating_its_end(action: Callable[[], object]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        action()


def occupant(folder: Path, pid_file: Path) -> psutil.Process | None:
    """The server that works in this data folder, if the pid file tells the truth.

    After a crash or a reboot the file may name a stranger; the servers make their data folder their
    working directory, and a stranger is not in there.
    """
    try:
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        at_home = Path(process.cwd()).resolve() == folder.resolve()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if at_home else None


def detached() -> dict[str, Any]:
    """Arguments of Popen that keep the terminal's Ctrl-C from reaching a server directly.

    We stop the servers ourselves, after their clients.
    """
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0
