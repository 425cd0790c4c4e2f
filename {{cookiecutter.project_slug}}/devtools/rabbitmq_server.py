"""A RabbitMQ node of the project's own, by the ``rabbitmq-server`` of this machine.

It shares nothing with a RabbitMQ that runs already: not its name service (epmd), its ports, its data, nor
its secret between nodes (the Erlang cookie, which Erlang makes in the home folder).
"""

import contextlib
import os
import secrets
import shutil
import subprocess
import time
from pathlib import Path

import amqp
import psutil

from devtools import ports, processes
from devtools.errors import DevtoolsError
from devtools.homes import Home
from devtools.ports import LOOPBACK
from devtools.processes import ProcessId
from devtools.state import Service

DEFAULT_PORT = 5672
USER = "app"
# With a name service of its own, no other node is called the same.
NODE = "app@localhost"
START_SECONDS = 90
STOP_SECONDS = 30
PAUSE = 0.1

MISSING = """\
No RabbitMQ server was found, and no Python wheel brings one.
Install one; it need not be started:
  Debian, Ubuntu:  sudo apt-get install rabbitmq-server
  Fedora:          sudo dnf install rabbitmq-server
  macOS:           brew install rabbitmq
  Windows:         docker run --detach --publish 127.0.0.1:5672:5672 rabbitmq
                   or work inside WSL, as on Ubuntu
Or use one that runs already, by a line in .env:
  CELERY_BROKER_URL=amqp://user:password@127.0.0.1:5672/virtual-host
(for tests, as an environment variable). A redis:// address works as well."""

# Where packages put it that leave it out of an ordinary user's PATH.
PLACES = (
    "/usr/lib/rabbitmq/bin/rabbitmq-server",
    "/opt/homebrew/sbin/rabbitmq-server",
    "/usr/local/sbin/rabbitmq-server",
    "/usr/sbin/rabbitmq-server",
)
# The packages of Debian and Fedora put it on PATH; it runs for root and their own account only.
WRAPPER = "rabbitmq-script-wrapper"

# We hold the handles of what we started: Python would warn about a process that it forgets.
_children: list[subprocess.Popen[bytes]] = []


def start(home: Home, *, port: int | None = DEFAULT_PORT, durable: bool = True) -> Service:
    """Start the node on the data folder of this home.

    Args:
        home: Where the data is.
        port: The port to prefer; any free one is taken instead.
        durable: Makes no difference: quorum queues are always on disk.
    """
    program = find_program()
    stop(home)
    make_data_folder(home)
    port = start_on_a_free_port(program, home, preferred=port)
    node = processes.occupant(data_folder(home), pid_file(home))
    if node is None:
        raise DevtoolsError(f"RabbitMQ ended right after its start.\n{log_tail(home)}")
    url = f"amqp://{USER}:{password(home)}@{LOOPBACK}:{port}/{USER}"
    return Service(process=ProcessId.of(node), port=port, variables={"CELERY_BROKER_URL": url})


def stop(home: Home) -> None:
    """Stop the node that works in the data folder of this home, and then its name service."""
    for file in (pid_file(home), epmd_pid_file(home)):
        running = processes.occupant(data_folder(home), file)
        if running is not None:
            processes.stop([running], patience=STOP_SECONDS)
    # Asking for the end of those that ended lets the system forget them.
    _children[:] = [child for child in _children if child.poll() is None]


def data_folder(home: Home) -> Path:
    return home.folder / "rabbitmq"


def pid_file(home: Home) -> Path:
    return data_folder(home) / "server.pid"


# What we write ourselves is beside the data, where only we may write.
def epmd_pid_file(home: Home) -> Path:
    return home.folder / "epmd.pid"


def log_file(home: Home) -> Path:
    return data_folder(home) / "server.log"


def start_log_file(home: Home) -> Path:
    return home.folder / "rabbitmq.log"


def password_file(home: Home) -> Path:
    return home.folder / "rabbitmq.password"


def password(home: Home) -> str:
    return password_file(home).read_text(encoding="utf-8")


def log_tail(home: Home) -> str:
    """What was printed last: a node that cannot start says why before it opens its log."""
    lines = start_log_file(home).read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([f"The end of {start_log_file(home)}, beside {log_file(home)}:", *lines[-12:]])


def find_program() -> Path:
    """The start script of the server.

    Raises:
        DevtoolsError: There is none; the message tells how to get one.
    """
    found = shutil.which("rabbitmq-server") or next((file for file in PLACES if Path(file).exists()), None)
    if found is None or os.name == "nt":
        raise DevtoolsError(MISSING)
    program = Path(found).resolve()
    return program.with_name("rabbitmq-server") if program.name == WRAPPER else Path(found)


def find_epmd() -> str:
    """The name service of Erlang, which comes with RabbitMQ."""
    erl = shutil.which("erl")
    beside = Path(erl).resolve().with_name("epmd") if erl else None
    found = shutil.which("epmd") or (str(beside) if beside and beside.exists() else None)
    if found is None:
        raise DevtoolsError("Erlang's epmd is not on PATH, and RabbitMQ needs it: install Erlang again.")
    return found


def make_data_folder(home: Home) -> None:
    folder = data_folder(home)
    if not folder.exists():
        folder.mkdir(mode=0o700)
        home.give(folder)
        # The node's user is made at its first start: a new folder, a new password.
        write(password_file(home), secrets.token_urlsafe(24), home)


def write(file: Path, text: str, home: Home) -> Path:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return home.give(file)


def start_on_a_free_port(program: Path, home: Home, *, preferred: int | None) -> int:
    start_log_file(home).unlink(missing_ok=True)
    for port in ports.candidates(preferred):
        epmd_port = start_epmd(home)
        child = launch(program, home, port=port, epmd_port=epmd_port)
        if has_answered(child, home, port):
            return port
        stop(home)
        if ports.is_free(port):
            break  # the port was not the reason
    raise DevtoolsError(
        f"RabbitMQ did not start.\n{log_tail(home)}\n"
        "If another version wrote the data, remove it: only queued tasks are in "
        f"{data_folder(home)}"
    )


def start_epmd(home: Home) -> int:
    """Start the name service, in the foreground so that we can stop it; return its port."""
    port = ports.any_free_port()
    child = run([find_epmd(), "-port", str(port), "-address", LOOPBACK], home, {})
    write(epmd_pid_file(home), str(child.pid), home)
    return port


def launch(program: Path, home: Home, *, port: int, epmd_port: int) -> subprocess.Popen[bytes]:
    folder = data_folder(home)
    configuration = {
        "listeners.tcp.local": f"{LOOPBACK}:{port}",
        "default_user": USER,
        "default_pass": password(home),
        "default_vhost": USER,
    }
    lines = "".join(f"{name} = {value}\n" for name, value in configuration.items())
    configuration_file = write(home.folder / "rabbitmq.conf", lines, home)
    plugins_file = write(home.folder / "rabbitmq.plugins", "[].\n", home)
    variables = {
        "RABBITMQ_NODENAME": NODE,
        "RABBITMQ_DIST_PORT": str(ports.any_free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_LOGS": str(log_file(home)),
        "RABBITMQ_PID_FILE": str(pid_file(home)),
        "RABBITMQ_CONFIG_FILE": str(configuration_file),
        # Not those of the machine's own node.
        "RABBITMQ_CONFIG_FILES": str(folder / "none.d"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "none.config"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none.env"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins_file),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        "RABBITMQ_SCHEMA_DIR": str(folder / "schema"),
        "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "feature_flags"),
        # Its name service is there already, and other machines are not welcome.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
            "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
        ),
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": LOOPBACK,
    }
    return run([str(program)], home, variables)


def run(command: list[str], home: Home, variables: dict[str, str]) -> subprocess.Popen[bytes]:
    folder = data_folder(home)
    # What is set for the machine's own node is not for ours.
    foreign = ("RABBITMQ_", "ERL_", "NOTIFY_SOCKET")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    with start_log_file(home).open("ab") as output:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**environment, **variables, "HOME": str(folder)},
            **{**home.popen_arguments(), "cwd": folder},
            **processes.detached(),
        )
    _children.append(child)
    return child


def has_answered(child: subprocess.Popen[bytes], home: Home, port: int) -> bool:
    """Wait until *this* node, which alone knows the password, answers; False when it ended."""
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError, amqp.exceptions.AMQPError, psutil.Error):
            connection = amqp.Connection(
                f"{LOOPBACK}:{port}",
                userid=USER,
                password=password(home),
                virtual_host=USER,
                connect_timeout=1,
                read_timeout=2,
            )
            with connection:
                return True
        time.sleep(PAUSE)
    return False
