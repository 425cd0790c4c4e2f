"""A MySQL or MariaDB server of the project's own, by the ``mysqld`` or ``mariadbd`` of this machine.

It shares nothing with a server that runs already: not its configuration, its data, its users, nor its
socket. It listens on the loopback interface only.
"""

import os
import secrets
import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pymysql

from devtools import ports, processes
from devtools.errors import DevtoolsError
from devtools.homes import Home
from devtools.ports import LOOPBACK
from devtools.processes import ProcessId
from devtools.state import Service

DEFAULT_PORT = 3306
USER = "app"
START_SECONDS = 60
STOP_SECONDS = 30
PAUSE = 0.05

MISSING = """\
No MySQL or MariaDB server was found, and no Python wheel brings one.
Install one; it need not be started:
  Debian, Ubuntu:  sudo apt-get install mariadb-server, or mysql-server
  Fedora:          sudo dnf install mariadb-server
  macOS:           brew install mysql, or mariadb
  Windows:         docker run --detach --publish 127.0.0.1:3306:3306 --env MYSQL_ROOT_PASSWORD=secret
                   --env MYSQL_DATABASE=app mysql:8.4
                   or work inside WSL, as on Ubuntu
Or use one that runs already, by a line in .env:
  DATABASE_URL=mysql://user:password@127.0.0.1:3306/name
(for tests, as an environment variable)."""

# MariaDB's packages have both names for one program.
PROGRAMS = ("mysqld", "mariadbd")
# Where packages put them that leave them out of an ordinary user's PATH.
PLACES = (
    "/usr/sbin",
    "/usr/libexec",
    "/usr/local/sbin",
    "/opt/homebrew/opt/mysql/bin",
    "/opt/homebrew/opt/mariadb/bin",
    "/usr/local/opt/mysql/bin",
    "/usr/local/opt/mariadb/bin",
)

# On Ubuntu, this rule keeps MySQL's program inside of its own folders, whoever starts it.
APPARMOR = Path("/etc/apparmor.d/usr.sbin.mysqld")
CONFINED = """\
AppArmor lets this program write to /var/lib/mysql only: see {rule}.
Install MariaDB instead (sudo apt-get install mariadb-server), or set DATABASE_URL to a server that runs."""

# Losing a crash-test database costs nothing; waiting for the disk in every test does.
FORGETFUL = {"innodb-flush-log-at-trx-commit": "0", "innodb-doublewrite": "OFF"}

# We hold the handles of what we started: Python would warn about a process that it forgets.
_children: list[subprocess.Popen[bytes]] = []


class Server(NamedTuple):
    """A program, and which of the two it is."""

    program: Path
    is_mariadb: bool

    @property
    def name(self) -> str:
        return "MariaDB" if self.is_mariadb else "MySQL"


def start(home: Home, *, port: int | None = DEFAULT_PORT, durable: bool = True) -> Service:
    """Start the server on the data folder of this home, which is made if need be.

    The project's user has all rights in its database and in those that the tests make, and no others:
    what works here also works with the rights that it has in production.

    Args:
        home: Where the data is.
        port: The port to prefer; any free one is taken instead.
        durable: Whether the data has to survive a crash of the machine.
    """
    server = find_server(home)
    require_own_data(server, home)
    if not data_folder(home).exists():
        make_data_folder(server, home)
    stop(home)
    port = start_on_a_free_port(server, home, preferred=port, durable=durable)
    process = processes.occupant(data_folder(home), pid_file(home))
    if process is None:
        raise DevtoolsError(f"{server.name} ended right after its start.\n{log_tail(home)}")
    url = f"mysql://{USER}:{password(home)}@{LOOPBACK}:{port}/{USER}"
    return Service(process=ProcessId.of(process), port=port, variables={"DATABASE_URL": url})


def stop(home: Home) -> None:
    """Stop the server that works in the data folder of this home, if there is one."""
    process = processes.occupant(data_folder(home), pid_file(home))
    if process is not None:
        processes.stop([process], patience=STOP_SECONDS)
    # Asking for the end of those that ended lets the system forget them.
    _children[:] = [child for child in _children if child.poll() is None]


def is_running(home: Home) -> bool:
    return processes.occupant(data_folder(home), pid_file(home)) is not None


def data_folder(home: Home) -> Path:
    return home.folder / "mysql"


def pid_file(home: Home) -> Path:
    return data_folder(home) / "server.pid"


# What we write ourselves is beside the data, where only we may write.
def log_file(home: Home) -> Path:
    return home.folder / "mysql.log"


def kind_file(home: Home) -> Path:
    return home.folder / "mysql.kind"


def password_file(home: Home) -> Path:
    return home.folder / "mysql.password"


def password(home: Home) -> str:
    return password_file(home).read_text(encoding="utf-8")


def log_tail(home: Home) -> str:
    lines = log_file(home).read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([f"The end of {log_file(home)}:", *lines[-12:]])


def why(server: Server, home: Home) -> str:
    """What the server said last, and what it may not know itself."""
    confined = not server.is_mariadb and APPARMOR.exists()
    return log_tail(home) + (f"\n{CONFINED.format(rule=APPARMOR)}" if confined else "")


def find_server(home: Home) -> Server:
    """The server of this machine.

    Raises:
        DevtoolsError: There is none that the account of this home can run; the message tells how to get one.
    """
    if os.name == "nt":
        raise DevtoolsError(MISSING)
    path = os.pathsep.join([os.environ.get("PATH", ""), *PLACES])
    for name in PROGRAMS:
        found = shutil.which(name, path=path)
        version = version_of(found, home) if found else ""
        if found and version:
            return Server(Path(found), is_mariadb="MariaDB" in version)
    raise DevtoolsError(MISSING)


def version_of(program: str, home: Home) -> str:
    """What the program says of itself; nothing when it cannot be run."""
    try:
        version: str = subprocess.check_output(
            [program, "--no-defaults", "--version"],
            stderr=subprocess.DEVNULL,
            text=True,
            **home.popen_arguments(),
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return version


def require_own_data(server: Server, home: Home) -> None:
    """Refuse the data of the other server, which this one would damage or not understand."""
    try:
        found = kind_file(home).read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    if found == server.name or not data_folder(home).exists():
        return
    raise DevtoolsError(
        f"{data_folder(home)} was made by {found}; the server that was found is {server.program}, which is "
        f"{server.name}, and neither can read the other's data.\n"
        f"To start with an empty database, type:  rm -r {data_folder(home)}\n"
        f"To keep the data, bring {found} back to PATH, and type:  "
        "uv run just manage dumpdata --natural-foreign -o data.json\n"
        "then change the server, remove the folder, and type:  uv run just manage loaddata data.json"
    )


def make_data_folder(server: Server, home: Home) -> None:
    """Make the data folder; it appears under its name only when it is complete."""
    scratch = home.folder / "mysql.new"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    home.give(scratch)
    # Safe in a URL and in SQL as it is.
    write(password_file(home), secrets.token_urlsafe(24), home)
    write(kind_file(home), server.name, home)
    write(log_file(home), "", home)
    finished = run(initialising(server, scratch), home)
    if finished.returncode != 0:
        raise DevtoolsError(f"{server.name} could not make its data folder.\n{why(server, home)}")
    scratch.rename(data_folder(home))


def initialising(server: Server, data: Path) -> list[str]:
    if not server.is_mariadb:
        return [str(server.program), "--no-defaults", "--initialize-insecure", f"--datadir={data}"]
    found = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    beside = server.program.resolve().with_name("mariadb-install-db")
    script = found or (str(beside) if beside.exists() else None)
    if script is None:
        raise DevtoolsError("mariadb-install-db is not on PATH, and MariaDB needs it: install MariaDB again.")
    # Nobody signs in but by an account of the operating system, and there is no socket for that.
    return [script, "--no-defaults", "--skip-test-db", f"--datadir={data}"]


def run(command: list[str], home: Home) -> subprocess.CompletedProcess[bytes]:
    with log_file(home).open("ab") as output:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            **home.popen_arguments(),
            **processes.detached(),
        )


def write(file: Path, text: str, home: Home) -> Path:
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")
    return home.give(file)


def statements(home: Home) -> str:
    """What the server does at each start, before it listens: one statement a line."""
    user = f"'{USER}'@'{LOOPBACK}'"
    return "\n".join(
        [
            # As for others, there is no password for it; and it need not sign in.
            "ALTER USER 'root'@'localhost' ACCOUNT LOCK;",
            f"CREATE DATABASE IF NOT EXISTS {USER};",
            f"CREATE USER IF NOT EXISTS {user} IDENTIFIED BY '{password(home)}';",
            f"GRANT ALL ON {USER}.* TO {user};",
            # The tests make a database of their own, and one for each process that runs them.
            f"GRANT ALL ON `test\\_%`.* TO {user};",
            "",
        ]
    )


def start_on_a_free_port(server: Server, home: Home, *, preferred: int | None, durable: bool) -> int:
    for port in ports.candidates(preferred):
        child = launch(server, home, port=port, durable=durable)
        if has_answered(child, home, port):
            return port
        processes.stop([psutil.Process(child.pid)] if child.poll() is None else [])
        if ports.is_free(port):
            break  # the port was not the reason
    raise DevtoolsError(
        f"{server.name} did not start.\n{why(server, home)}\n"
        f"If a newer version wrote the data, bring it back, or remove the data: {data_folder(home)}"
    )


def launch(server: Server, home: Home, *, port: int, durable: bool) -> subprocess.Popen[bytes]:
    options = {
        "datadir": str(data_folder(home)),
        "pid-file": str(pid_file(home)),
        "init-file": str(write(home.folder / "mysql.init", statements(home), home)),
        "bind-address": LOOPBACK,
        "port": str(port),
        # None: its path may be too long, and the accounts of the system are not welcome.
        "socket": "",
        **({} if durable else FORGETFUL),
    }
    # Names of clients are not looked up; there are no replicas; and MySQL's second protocol is not used.
    switches = ["--skip-name-resolve", "--disable-log-bin", "--loose-mysqlx=OFF"]
    arguments = ["--no-defaults", *switches, *(f"--{name}={value}" for name, value in options.items())]
    write(log_file(home), "", home)
    with log_file(home).open("ab") as output:
        child = subprocess.Popen(
            [str(server.program), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **home.popen_arguments(),
            **processes.detached(),
        )
    _children.append(child)
    return child


def has_answered(child: subprocess.Popen[bytes], home: Home, port: int) -> bool:
    """Wait until *this* server, which alone knows the password, answers; False when it ended."""
    deadline = time.monotonic() + START_SECONDS
    while child.poll() is None and time.monotonic() < deadline:
        with suppress(pymysql.MySQLError, OSError, RuntimeError):
            pymysql.connect(
                host=LOOPBACK,
                port=port,
                user=USER,
                password=password(home),
                database=USER,
                connect_timeout=1,
                read_timeout=2,
            ).close()
            return True
        time.sleep(PAUSE)
    return False
