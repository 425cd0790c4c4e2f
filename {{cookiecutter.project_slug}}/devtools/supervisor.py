"""Several processes in one terminal, their lines prefixed with their names."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from honcho.compat import ProcessManager
from honcho.manager import Manager
from honcho.printer import Printer

from devtools import processes
from devtools.interrupts import HANG_UP

TICK_SECONDS = 0.5
HUNG_UP = 129


class Supervisor(Manager):  # type: ignore[misc]  # honcho has no annotations
    """honcho's manager, which also tells who ended first and lets us look on.

    When one process ends, the others are stopped and ``loop`` returns.

    Args:
        every_tick: Called twice a second while the processes run, with their numbers and in a
            thread of its own.

    Attributes:
        ended: The process that ended by itself, or None if all were told to.
    """

    def __init__(self, every_tick: Callable[[list[int]], None]) -> None:
        super().__init__(Printer(sys.stdout))
        self._procmgr = LeaderFirst()
        self.ended: str | None = None
        self._every_tick = every_tick
        self._finished = threading.Event()
        self._looker_on = threading.Thread(target=self._look_on)

    def add_process(self, name: str, cmd: str, **options: object) -> object:
        # Without exec, a shell would stand between us and the process, and keep its signals.
        prefix = "" if sys.platform == "win32" else "exec "
        return super().add_process(name, prefix + cmd, **options)

    def loop(self) -> None:
        try:
            super().loop()
        finally:
            self._finished.set()
            if self._looker_on.is_alive():
                self._looker_on.join()

    def terminate(self) -> None:
        told = self.returncode in (128 + signal.SIGINT, 128 + signal.SIGTERM, HUNG_UP)
        stopped = [name for name, data in self._processes.items() if "returncode" in data]
        if stopped and not told and self.ended is None:
            self.ended = stopped[0]
        super().terminate()

    def _start(self) -> None:
        if HANG_UP is not None:
            # Inherited: honcho's helpers must live on to report the end of what they started.
            signal.signal(HANG_UP, signal.SIG_IGN)
        super()._start()
        if HANG_UP is not None:
            signal.signal(HANG_UP, self._hang_up)
        # Not earlier: honcho forks, and a fork would copy the locks of a running thread.
        self._looker_on.start()

    def _hang_up(self, _number: int, _frame: FrameType | None) -> None:
        # The terminal is gone; writing to it would raise, and interrupt the clean-up.
        nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open to the end
        sys.stdout = sys.stderr = self._printer.output = nowhere
        self.returncode = HUNG_UP
        self.terminate()

    def _look_on(self) -> None:
        while not self._finished.wait(TICK_SECONDS):
            self._every_tick([data["process"].pid for data in self._processes.values()])


class LeaderFirst(ProcessManager):  # type: ignore[misc]  # honcho has no annotations
    """Asks only the first process of a group to end, which then ends its own children in order.

    honcho asks the whole group: the pool processes of a worker would drop the tasks that the worker
    still waits for. A group that does not end in time is killed whole, as honcho does.
    """

    def terminate(self, pid: int) -> None:
        if sys.platform == "win32":
            # Nothing can be asked there, and children that stayed would keep honcho waiting.
            processes.stop_trees(processes.trees([pid]))
            return
        try:
            os.kill(pid, signal.SIGTERM)
        except ProcessLookupError:
            return
