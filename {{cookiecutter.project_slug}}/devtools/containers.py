"""The verbs in the containers of ``compose.yaml``, for whoever sets ``USE_DOCKER=true`` in ``.env``.

What they do is the same as without: ``just up`` stays in its terminal until Ctrl-C, and takes the next port
where one is taken; other verbs start what they need, and stop it if it did not run before.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from devtools import envfiles, interrupts, ports, services
from devtools.errors import DevtoolsError
from devtools.ports import LOOPBACK

# The ports that are published, by the service that listens there.
PORTS = {"web": ("WEB_PORT", 8000), "mail": ("MAILPIT_PORT", 8025), "flower": ("FLOWER_PORT", 5555)}
# In which commands run: it has the code and its environment, and needs nothing but the services.
RUNNER = "release"

BANNER = """
  Site      {web}/
  API       {web}/api/docs/
  Admin     {web}/admin/
  Health    {web}/health/ready
  E-mails   {mail}/
  Workers   {flower}/  (FLOWER_BASIC_AUTH in .env)

  Ctrl-C stops everything.
"""


def chosen(project: Path) -> bool:
    """Whether this project is to run in containers on this machine."""
    return envfiles.given("USE_DOCKER", project).strip().lower() in ("1", "true", "t", "yes", "y", "on")


def up(project: Path) -> int:
    """Run everything until Ctrl-C; return the exit status."""
    require_docker()
    services.refuse_a_second_up(project)
    # What a killed run left behind would hold the ports.
    compose(project, "stop", quiet=True)
    with ExitStack() as stack:
        wanted = {service: wanted_port(service, project) for service in PORTS}
        found = {service: stack.enter_context(ports.reserved(wanted[service])) for service in wanted}
        addresses = {service: f"http://{LOOPBACK}:{port}" for service, port in found.items()}
        environment = {PORTS[service][0]: str(port) for service, port in found.items()}
        # On record as the one that runs this project; the services themselves are containers.
        stack.enter_context(
            services.running_services(project, purpose=services.UP, address=addresses["web"], names=())
        )
        try:
            start(project, environment)
            print(BANNER.format(**addresses), flush=True)
            compose(project, "logs", "--follow", "--tail=0", environment=environment)
        finally:
            compose(project, "stop", environment=environment, quiet=True)
    return 0


def start(project: Path, environment: Mapping[str, str]) -> None:
    status = compose(project, "up", "--build", "--wait", "--remove-orphans", environment=environment)
    if status:
        compose(project, "logs", "--no-log-prefix", "--tail=20", RUNNER, environment=environment)
        raise DevtoolsError(
            "The containers did not start; the lines above tell why. More:  docker compose logs NAME"
        )


def run(command: Sequence[str], project: Path, *, service: str = RUNNER) -> int:
    """Run a command in a container of its own, with the services up; return its exit status."""
    require_docker()
    was_up = is_running("database", project)
    try:
        return compose(project, "run", "--rm", *terminal(), service, *command)
    finally:
        if not was_up:
            compose(project, "stop", quiet=True)


def test(arguments: Sequence[str], project: Path) -> int:
    """Run pytest in a container of its own; return its exit status.

    Raises:
        DevtoolsError: A worker would take the tasks of the tests: what Redis keeps apart by databases,
            RabbitMQ has one set of queues for.
    """
    require_docker()
    if is_running("rabbitmq", project) and is_running("worker", project):
        raise DevtoolsError(
            "The tests share the queues of RabbitMQ with the worker that runs, which would take their tasks. "
            "Stop it first: Ctrl-C where `uv run just up` runs, or  docker compose stop worker beat"
        )
    return run(["pytest", *arguments], project, service="tests")


def ask(command: Sequence[str], project: Path) -> int:
    """Run a command in the running container of the site; return its exit status."""
    require_docker()
    if not is_running("web", project):
        raise DevtoolsError("The containers do not run. Start them in another terminal:  uv run just up")
    return compose(project, "exec", *terminal(), "web", *command)


def is_running(service: str, project: Path) -> bool:
    command = ["docker", "compose", "ps", "--quiet", "--status=running", service]
    asked = subprocess.run(command, cwd=project, env=variables(project), capture_output=True, check=False)
    return bool(asked.stdout.strip())


def terminal() -> Sequence[str]:
    """Without a terminal here, Docker refuses to make one there."""
    return () if sys.stdin.isatty() and sys.stdout.isatty() else ("--no-TTY",)


def require_docker() -> None:
    if not shutil.which("docker"):
        raise DevtoolsError(
            "USE_DOCKER is set, and there is no program `docker` on PATH. Install Docker; or take the line "
            "out of .env: without it everything runs in processes of this machine."
        )
    command = ["docker", "compose", "ls", "--quiet"]
    asked = subprocess.run(command, capture_output=True, text=True, check=False)
    if asked.returncode:
        raise DevtoolsError(f"USE_DOCKER is set, and Docker does not answer:\n{asked.stderr.strip()}")


def wanted_port(service: str, project: Path) -> int:
    """The port that a service is published at, if it is free."""
    variable, default = PORTS[service]
    text = envfiles.given(variable, project) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise DevtoolsError(f"{variable} is {text!r}; it has to be a port number such as {default}.")
    return int(text)


def compose(
    project: Path, *arguments: str, environment: Mapping[str, str] | None = None, quiet: bool = False
) -> int:
    """Run ``docker compose`` in the project's folder; return its exit status."""
    process = subprocess.Popen(
        ["docker", "compose", *arguments],
        cwd=project,
        env={**variables(project), **(environment or {})},
        stderr=subprocess.DEVNULL if quiet else None,
    )
    with interrupts.left_to(process.terminate):
        return process.wait()


def variables(project: Path) -> dict[str, str]:
    """The environment for Compose: containers write into the project as whoever it belongs to."""
    folder = project.stat()
    owner = {"HOST_UID": folder.st_uid, "HOST_GID": folder.st_gid}
    if sys.platform == "win32":
        return dict(os.environ)
    # What is written in .env stays; Compose reads that file itself.
    return {**os.environ, **{name: envfiles.given(name, project) or str(owner[name]) for name in owner}}
