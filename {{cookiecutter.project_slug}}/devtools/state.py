"""What runs for this project: written down, so that the next start finds what a crash left behind.

Every use of the services (``just up``, ``just manage …``, a test run) enters itself as a user. The
last user to leave stops the services; a user that was killed is recognised as gone by the next one.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from devtools.processes import ProcessId

LOCK_PAUSE = 0.05


@dataclass
class Service:
    """A running server and the variables through which the project finds it."""

    process: ProcessId
    port: int
    variables: dict[str, str]


@dataclass
class User:
    """A process that uses the services, with the processes that it started itself."""

    process: ProcessId
    purpose: str
    address: str = ""
    processes: list[ProcessId] = field(default_factory=list)

    def is_alive(self) -> bool:
        return self.process.find() is not None


@dataclass
class State:
    services: dict[str, Service] = field(default_factory=dict)
    users: list[User] = field(default_factory=list)

    def user(self, purpose: str) -> User | None:
        """The living user with this purpose."""
        return next((u for u in self.users if u.purpose == purpose and u.is_alive()), None)

    def variables(self) -> dict[str, str]:
        return {
            name: value for service in self.services.values() for name, value in service.variables.items()
        }


def load(path: Path) -> State:
    """Read the state; an absent or damaged file is an empty one, for it only tells of the past."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return State(
            services={name: _service(value) for name, value in data["services"].items()},
            users=[_user(value) for value in data["users"]],
        )
    except (OSError, ValueError, TypeError, KeyError):
        return State()


def save(state: State, path: Path) -> None:
    """Write the state in one step, so that no reader ever meets half a file."""
    scratch = path.with_suffix(".new")
    scratch.touch(mode=0o600)  # it holds a password
    scratch.write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")
    scratch.replace(path)


def _service(data: dict[str, Any]) -> Service:
    return Service(**data | {"process": ProcessId(**data["process"])})


def _user(data: dict[str, Any]) -> User:
    processes = [ProcessId(**process) for process in data["processes"]]
    return User(**data | {"process": ProcessId(**data["process"]), "processes": processes})


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold this file's lock; the operating system releases it if we die."""
    with path.open("a+b") as handle:
        while not _try_lock(handle):
            time.sleep(LOCK_PAUSE)
        try:
            yield
        finally:
            _unlock(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: IO[bytes]) -> bool:
        handle.seek(0)
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    # lockf, not flock: forked children, which may outlive us, do not inherit this kind of lock.
    def _try_lock(handle: IO[bytes]) -> bool:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(handle: IO[bytes]) -> None:
        fcntl.lockf(handle, fcntl.LOCK_UN)
