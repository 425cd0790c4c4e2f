"""What happens to the servers and the processes, again and again, while tasks are being sent."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from tests.chaos import load, schedule
from tests.chaos.count import find_victim, last_run
from tests.chaos.services import Servers
from tests.chaos.staff import Staff

# For a long task to begin; then there is none any more.
PATIENCE_SECONDS = 60
UNREACHABLE_SECONDS = 60
# Longer than the grace time of a worker.
TOO_LONG_SECONDS = 4.0


class Traffic(Protocol):
    """What comes in during a fault: requests, or moments at which something is due."""

    accepted: set[str]
    refused: int

    def is_going(self) -> bool: ...


@dataclass
class Scene:
    """Where a fault strikes."""

    servers: Servers
    staff: Staff
    traffic: Traffic
    strikes: int = 0

    def await_victim(self) -> int | None:
        """A process that is in the middle of a long task right now."""
        after, started = last_run(), time.monotonic()
        while time.monotonic() - started < PATIENCE_SECONDS:
            if victim := find_victim(after=after):
                self.strikes += 1
                return victim
            self.staff.look_after()
            # What was sent last may begin a little later.
            if not self.traffic.is_going() and time.monotonic() - started > PATIENCE_SECONDS / 4:
                break
            time.sleep(0.05)
        return None


def kill_worker(scene: Scene) -> None:
    if scene.await_victim():
        scene.staff.worker.kill()
        scene.staff.worker.start_again()


def kill_child(scene: Scene) -> None:
    """As the system does that has run out of memory."""
    victim = scene.await_victim()
    if victim in {child.pid for child in scene.staff.worker.children()}:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)


def stop_worker(scene: Scene) -> None:
    """As at each release."""
    if scene.await_victim():
        scene.staff.worker.stop()
        scene.staff.worker.start_again()


def restart_broker(scene: Scene) -> None:
    if scene.await_victim():
        scene.servers.broker.stop()
        scene.servers.broker.start()


def unplug_broker(scene: Scene) -> None:
    if scene.await_victim():
        scene.servers.broker.stop()
        time.sleep(UNREACHABLE_SECONDS)
        scene.servers.broker.start()


def restart_database(scene: Scene) -> None:
    if scene.await_victim():
        scene.servers.database.stop()
        scene.servers.database.start()


def kill_elder_beat(scene: Scene) -> None:
    """Kill one of the schedulers, while the other one goes on; a new one comes in its place."""
    time.sleep(3)
    elder, *others = scene.staff.beats
    elder.kill()
    elder.start_again()
    scene.staff.beats = [*others, elder]
    scene.strikes += 1


@dataclass(frozen=True)
class Fault:
    """One line of the table.

    Args:
        title: As the table names it.
        strike: Lets it happen once, and repairs it; None where the requests are the fault.
        traffic: What goes on meanwhile, for a number of tasks.
        beats: How many schedulers run.
    """

    title: str
    strike: Callable[[Scene], None] | None
    traffic: Callable[[int], AbstractContextManager[Traffic]]
    beats: int = 1


requests = partial(load.going, load.send_both_ways)
long_ones = partial(load.going, load.send_both_ways, long_seconds=TOO_LONG_SECONDS)
# So that the fault has begun long before the last one has come.
slow_ones = partial(load.going, load.send_both_ways, per_second=12.5)
tenfold = partial(load.going, load.send_ten_times)

# The drill's own parser reads the names from these lines.
FAULTS = {
    "kill-worker": Fault("SIGKILL of the worker in mid-task", kill_worker, requests),
    "kill-child": Fault("SIGKILL of the pool's child in mid-task", kill_child, requests),
    "stop-worker": Fault("SIGTERM of the worker under load", stop_worker, long_ones),
    "restart-broker": Fault("broker restarted", restart_broker, requests),
    "unplug-broker": Fault("broker unreachable for 60 s", unplug_broker, slow_ones),
    "restart-database": Fault("database restarted in mid-task", restart_database, requests),
    "kill-beat": Fault("beat killed, a second one goes on", kill_elder_beat, schedule.due, beats=2),
    "ten-times": Fault("each message delivered ten times", None, tenfold),
}
