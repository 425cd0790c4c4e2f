"""``python -m devtools.run COMMAND …``: run one command while the services are up.

Services that ``just up`` started are shared; otherwise they are started before and stopped after. With
``USE_DOCKER`` the command runs in a container.
"""

import subprocess
import sys
from pathlib import Path

from devtools import containers, envfiles, interrupts
from devtools.errors import DevtoolsError
from devtools.services import running_services

PROJECT = Path(__file__).resolve().parent.parent
NOT_FOUND = 127


def main(command: list[str], project: Path = PROJECT) -> int:
    """Run the command; return its exit status, 128 + N when signal N ended it."""
    if not command:
        print("Name a command:  python -m devtools.run python manage.py check", file=sys.stderr)
        return 2
    envfiles.ensure_env_file(project)
    try:
        if containers.chosen(project):
            return containers.run(command, project)
        with interrupts.as_exits(), running_services(project, purpose="just manage") as session:
            return call(command, session.environment())
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1


def call(command: list[str], environment: dict[str, str]) -> int:
    """Run a command in the foreground of our terminal; return its exit status."""
    try:
        child = subprocess.Popen(command, env=environment)
    except OSError as error:
        print(f"{command[0]} cannot be run: {error.strerror}", file=sys.stderr)
        return NOT_FOUND
    try:
        with interrupts.left_to(child.terminate):
            return exit_status(child.wait())
    finally:
        # Only if a signal came before it was left to the command.
        child.terminate()
        child.wait()


def exit_status(code: int) -> int:
    """The status as a shell tells it; Python reports the end by signal N as -N."""
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
