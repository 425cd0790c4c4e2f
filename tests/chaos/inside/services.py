"""Servers that can be stopped and come back, at the same address and with their data."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtools import ports, services
from devtools.homes import Home

PROJECT = Path(__file__).resolve().parents[2]
# Below the ports that systems give to clients: while nobody listens at one of those, somebody who tries to
# connect again and again may be given this very port, and is then connected with himself.
FIRST_PORT, LAST_PORT = 20000, 30000
ENOUGH_PORTS = 1000
ENOUGH_PORTS_FOR_ONE = 100


class NotBackError(Exception):
    """A server that was stopped did not come back where it was."""


@dataclass(frozen=True)
class Server:
    """One of the servers of ``devtools``."""

    name: str
    home: Home
    port: int

    def start(self) -> dict[str, str]:
        """Start it; the variables through which it is found."""
        started = services.SERVERS[self.name].start(self.home, port=self.port, durable=True)
        if started.port != self.port:
            raise NotBackError(f"{self.name} is at port {started.port}, not at {self.port} as it was.")
        return started.variables

    def stop(self) -> None:
        services.SERVERS[self.name].stop(self.home)


@dataclass(frozen=True)
class Servers:
    """What the project needs, running, and the variables that name it."""

    database: Server
    broker: Server
    variables: dict[str, str]


@contextmanager
def running(broker: str) -> Iterator[Servers]:
    """Have the servers inside the block, empty at its begin.

    Args:
        broker: ``redis``, which is then the cache too, or ``rabbitmq``.
    """
    home = services.make_temporary_home(PROJECT)
    try:
        free = free_ports()
        # A project has one of the two.
        database = next(name for name in ("postgres", "mysql") if name in services.SERVERS)
        names = dict.fromkeys((database, "redis", broker))
        servers = {name: Server(name, home, next(free)) for name in names}
        variables: dict[str, str] = {}
        # The broker last: a Redis for the cache offers itself as one.
        for server in servers.values():
            variables |= server.start()
        yield Servers(servers[database], servers[broker], variables)
    finally:
        services.remove_temporary_home(home)


def free_ports() -> Iterator[int]:
    # Two drills at once begin to look at different places, also when one was started right after the other.
    first = FIRST_PORT + os.getpid() * ENOUGH_PORTS_FOR_ONE % (LAST_PORT - FIRST_PORT)
    return (port for port in range(first, LAST_PORT + ENOUGH_PORTS) if ports.is_free(port))
