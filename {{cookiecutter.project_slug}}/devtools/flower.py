"""``python -m devtools.flower``: watch the workers of ``just up`` in the browser."""

import secrets
import sys
from pathlib import Path

from devtools import containers, envfiles, interrupts, ports, run
from devtools.errors import DevtoolsError
from devtools.ports import LOOPBACK
from devtools.services import running_services

PROJECT = Path(__file__).resolve().parent.parent
SIGN_IN = "FLOWER_BASIC_AUTH"


def main(project: Path = PROJECT) -> int:
    """Run Flower until it is stopped; return the exit status."""
    envfiles.ensure_env_file(project)
    try:
        require_sign_in(project)
        if containers.chosen(project):
            print("Flower is one of the containers: `just up` shows its address.")
            return 0
        with (
            interrupts.as_exits(),
            ports.reserved(containers.wanted_port("flower", project)) as port,
            running_services(project, purpose="just flower") as session,
        ):
            print(f"\n  Flower    http://{LOOPBACK}:{port}/\n  Sign in   {SIGN_IN} in .env\n", flush=True)
            return run.call(command(port), session.environment())
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1


def require_sign_in(project: Path) -> None:
    if not envfiles.given(SIGN_IN, project):
        raise DevtoolsError(
            f"Flower shows the arguments of tasks, so it wants a sign-in. Add a line to .env:\n"
            f"{SIGN_IN}=admin:{secrets.token_urlsafe(16)}"
        )


def command(port: int) -> list[str]:
    celery = [sys.executable, "-m", "celery", "-A", "config"]
    return [*celery, "flower", f"--address={LOOPBACK}", f"--port={port}"]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
