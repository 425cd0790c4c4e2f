"""The services of this project: started by whoever comes first, stopped by the last to go.

They are the database, Redis and, where it was chosen, RabbitMQ.

A service whose URL is given, in the environment or in ``.env``, is left alone.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

from devtools import envfiles, homes, interrupts, processes
from devtools.errors import DevtoolsError
from devtools.homes import Home
from devtools.locks import locked
from devtools.processes import ProcessId
from devtools.state import Service, State, User, load, save

UP = "just up"


class Server(Protocol):
    """What each server's module can do."""

    def start(self, home: Home, *, port: int | None = ..., durable: bool = ...) -> Service: ...

    def stop(self, home: Home) -> None: ...


# In the order of starting; stopping goes backwards, so that the queue ends before the database that its
# last writers may still use. Each with the variable that replaces it.
SERVERS: dict[str, Server] = {}
SERVICES: dict[str, str] = {}
for _name, _module, _variable in (
    ("postgres", "postgres", "DATABASE_URL"),
    ("mysql", "mysql_server", "DATABASE_URL"),
    ("redis", "redis_server", "REDIS_URL"),
    ("rabbitmq", "rabbitmq_server", "CELERY_BROKER_URL"),
):
    # A project has one of the two databases, and RabbitMQ only where that was chosen.
    if find_spec(f"devtools.{_module}"):
        SERVERS[_name] = cast("Server", import_module(f"devtools.{_module}"))
        SERVICES[_name] = _variable


class AlreadyRunningError(DevtoolsError):
    """There is one ``just up`` per project."""

    def __init__(self, user: User) -> None:
        super().__init__(
            f"This project is already running: {user.address} (process {user.process.pid}).\n"
            "Press Ctrl-C in its terminal to stop it. Nothing was changed."
        )


@dataclass(frozen=True)
class Session:
    """The part of one process in the services of a project."""

    project: Path
    user: User
    variables: dict[str, str]

    def environment(self) -> dict[str, str]:
        """The environment for processes that use the services."""
        return {**os.environ, **self.variables}

    def record(self, started: Iterable[ProcessId]) -> None:
        """Write down which processes this one started, for the case that it is killed."""
        known = {process for process in self.user.processes if process.find()} | set(started)
        if known == set(self.user.processes):
            return
        self.user.processes = sorted(known, key=lambda process: process.pid)
        with locked(lock_file(self.project)):
            state = load(state_file(self.project))
            others = [user for user in state.users if user.process != self.user.process]
            save(State(state.services, [*others, self.user]), state_file(self.project))


@contextmanager
def running_services(
    project: Path, *, purpose: str, address: str = "", names: Iterable[str] | None = None
) -> Iterator[Session]:
    """Have the services of these names, or all of them, running inside the block.

    Services that another process of this project started are shared. Leftovers of a process that
    was killed are stopped first.

    Raises:
        AlreadyRunningError: For a second ``just up``.
        DevtoolsError: A service cannot be started.
    """
    user = User(process=ProcessId.current(), purpose=purpose, address=address)
    try:
        with locked(lock_file(project)), interrupts.postponed():
            enter(project, user)
            variables = start_missing(project, SERVICES if names is None else names)
        yield Session(project=project, user=user, variables=variables)
    finally:
        with interrupts.postponed(), locked(lock_file(project)):
            leave(project, user)


def clear_leftovers(project: Path) -> None:
    """Stop what processes of this project left behind when they were killed."""
    with locked(lock_file(project)), interrupts.postponed():
        state = without_leftovers(project, load(state_file(project)))
        save(state, state_file(project))


def state_file(project: Path) -> Path:
    return homes.local_folder(project) / "state.json"


def lock_file(project: Path) -> Path:
    return homes.local_folder(project) / "lock"


def services_file(project: Path) -> Path:
    return homes.local_folder(project) / "services.env"


def enter(project: Path, user: User) -> None:
    """Enter the process as a user, after clearing away what the dead ones left."""
    if user.purpose == UP:
        refuse_a_second_up(project)
    state = load(state_file(project))
    state = without_leftovers(project, state)
    save(State(state.services, [*state.users, user]), state_file(project))


def refuse_a_second_up(project: Path) -> None:
    running = load(state_file(project)).user(UP)
    if running is not None:
        raise AlreadyRunningError(running)


def without_leftovers(project: Path, state: State) -> State:
    """Stop what belongs to users that are gone, and the services if nobody is left."""
    living = [user for user in state.users if user.is_alive()]
    gone = [user for user in state.users if user not in living]
    processes.stop_trees(process for user in gone for process in user.processes)
    services = {name: service for name, service in state.services.items() if service.process.find()}
    if living:
        return State(services, living)
    if services:
        stop_services(homes.home_of(project), services)
    return State()


def start_missing(project: Path, names: Iterable[str]) -> dict[str, str]:
    """Start those services that neither run nor are given elsewhere; return all their variables."""
    state = load(state_file(project))
    for name in names:
        variable = SERVICES[name]
        if name not in state.services and not envfiles.given(variable, project):
            state.services[name] = start_service(name, homes.home_of(project))
            save(state, state_file(project))
    variables = not_given(state.variables(), project)
    envfiles.write_services_file(services_file(project), variables)
    return variables


def not_given(variables: dict[str, str], project: Path) -> dict[str, str]:
    return {name: value for name, value in variables.items() if not envfiles.given(name, project)}


def leave(project: Path, user: User) -> None:
    """Strike the user out; the last one stops the services."""
    state = load(state_file(project))
    others = [other for other in state.users if other.process != user.process]
    if len(others) == len(state.users):
        return  # it was refused, and never entered
    state = without_leftovers(project, State(state.services, others))
    if state.users:
        save(state, state_file(project))
    else:
        services_file(project).unlink(missing_ok=True)
        state_file(project).unlink(missing_ok=True)


def start_service(name: str, home: Home, *, temporary: bool = False) -> Service:
    start = SERVERS[name].start
    return start(home, port=None, durable=False) if temporary else start(home)


def stop_services(home: Home, names: Iterable[str]) -> None:
    wanted = set(names)
    for name in reversed(SERVERS):
        if name in wanted:
            SERVERS[name].stop(home)


@contextmanager
def temporary_services(project: Path, names: Iterable[str]) -> Iterator[dict[str, str]]:
    """Have fresh, empty services inside the block, apart from the data of development.

    Yields:
        The variables through which they are found.
    """
    home = make_temporary_home(project)
    try:
        variables: dict[str, str] = {}
        for name in names:
            variables |= start_service(name, home, temporary=True).variables
        yield variables
    finally:
        remove_temporary_home(home)


def make_temporary_home(project: Path) -> Home:
    """A home that can be recognised as abandoned when its user is killed."""
    home = homes.home_of(project)
    with locked(homes.local_folder(project) / "tests.lock"):
        for folder in home.folder.glob("tests-*"):
            abandoned = Home(folder, home.account)
            if not any(user.is_alive() for user in load(folder / "state.json").users):
                remove_temporary_home(abandoned)
        fresh = homes.temporary_home(home)
        user = User(process=ProcessId.current(), purpose="tests")
        save(State(users=[user]), fresh.folder / "state.json")
    return fresh


def remove_temporary_home(home: Home) -> None:
    stop_services(home, SERVICES)
    shutil.rmtree(home.folder, ignore_errors=True)
