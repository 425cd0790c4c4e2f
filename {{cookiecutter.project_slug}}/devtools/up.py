"""``python -m devtools.up``: the whole project in one terminal, here or (``USE_DOCKER``) in containers.

Services, migrations, superuser; then web, worker and beat, which restart when the code changes.
Ctrl-C stops them, and then the services.
"""

import http
import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path

from devtools import containers, envfiles, interrupts, ports, processes, services
from devtools.errors import DevtoolsError
from devtools.ports import LOOPBACK
from devtools.run import exit_status
from devtools.services import UP, Session, running_services
from devtools.supervisor import Supervisor

PROJECT = Path(__file__).resolve().parent.parent
LIVE = "/health/live"

# Restarted by watchfiles, which kills what has not stopped after five seconds; the web server of Django
# watches the code itself.
RELOADED = 'watchfiles --filter python "{command}" apps config'
GRACE_SECONDS = 3
# Celery's pool of processes does not exist on Windows.
POOL = " --pool=solo" if sys.platform == "win32" else ""
# Without -Q it reads all queues.
WORKER = f"celery -A config worker --loglevel=INFO{POOL}"
# No pid file: after a crash it would keep beat from starting.
BEAT = "celery -A config beat --loglevel=INFO --pidfile="

BANNER = """
  Site      {address}/
  API       {address}/api/docs/
  Admin     {address}/admin/
  Health    {address}/health/ready
  E-mails   {address}/mails/

  Ctrl-C stops everything.
"""


def main(project: Path = PROJECT) -> int:
    """Run the project until it is stopped; return the exit status."""
    try:
        with interrupts.as_exits():
            return up(project)
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def up(project: Path) -> int:
    if envfiles.ensure_env_file(project):
        print("Made .env from .env.example, with secrets of its own.", flush=True)
    if containers.chosen(project):
        return containers.up(project)
    # First, or the web process of a killed run would still hold the port.
    services.clear_leftovers(project)
    with (
        ports.reserved(containers.wanted_port("web", project)) as port,
        running_services(project, purpose=UP, address=f"http://{LOOPBACK}:{port}") as session,
    ):
        environment = child_environment(session)
        prepare(project, environment)
        try:
            return supervise(session, port=port, environment=environment)
        finally:
            processes.stop_trees(session.user.processes)


def child_environment(session: Session) -> dict[str, str]:
    environment = session.environment()
    # The programs of this interpreter's environment, even when it was not activated.
    programs = str(Path(sys.executable).parent)
    environment["PATH"] = os.pathsep.join([programs, environment.get("PATH", "")])
    # Links in e-mails lead to the port that was found free.
    if not envfiles.given("SITE_URL", session.project):
        environment["SITE_URL"] = session.user.address
    # Before watchfiles would kill it, the worker gives back what still runs.
    if not envfiles.given("CELERY_WORKER_GRACE_SECONDS", session.project):
        environment["CELERY_WORKER_GRACE_SECONDS"] = str(GRACE_SECONDS)
    # Lines appear when they are written, not when a buffer is full.
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def prepare(project: Path, environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "devtools.prepare"]
    if subprocess.run(command, cwd=project, env=environment, check=False).returncode != 0:
        raise DevtoolsError("The database could not be prepared; the lines above tell why.")


def supervise(session: Session, *, port: int, environment: dict[str, str]) -> int:
    """Run web, worker and beat until one of them ends or we are told to stop."""
    commands = {
        "web": f"python manage.py runserver {LOOPBACK}:{port}",
        "worker": RELOADED.format(command=WORKER),
        "beat": RELOADED.format(command=BEAT),
    }
    supervisor = Supervisor(every_tick=Lookout(session, port).look)
    for name, command in commands.items():
        supervisor.add_process(name, command, env=environment, cwd=str(session.project))
    supervisor.loop()
    if supervisor.ended is not None:
        print(f"{supervisor.ended} ended by itself, so everything was stopped.", file=sys.stderr)
        return exit_status(supervisor.returncode) or 1
    # Ctrl-C is how this is meant to be stopped.
    return 0 if supervisor.returncode == exit_status(-signal.SIGINT) else supervisor.returncode


class Lookout:
    """Watches the running project: keeps its processes on record, and greets when it answers."""

    def __init__(self, session: Session, port: int) -> None:
        self.session = session
        self.port = port
        self.has_greeted = False

    def look(self, pids: list[int]) -> None:
        self.session.record(processes.trees(pids))
        if not self.has_greeted and answers(self.port):
            self.has_greeted = True
            print(BANNER.format(address=self.session.user.address), flush=True)


def answers(port: int) -> bool:
    """Whether the web process serves requests."""
    # Not urllib: a proxy of the environment would be asked for our own machine.
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", LIVE)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
