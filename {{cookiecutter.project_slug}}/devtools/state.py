"""What runs for this project: written down, so that the next start finds what a crash left behind.

Every use of the services (``just up``, ``just manage …``, a test run) enters itself as a user. The
last user to leave stops the services; a user that was killed is recognised as gone by the next one.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from devtools.processes import ProcessId


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
