"""Does background work survive what happens to servers? Nothing may be lost, nothing may take effect twice.

    uv run python -m tests.chaos --broker redis
    uv run python -m tests.chaos --database mysql --broker rabbitmq --tasks 100 --fault ten-times

A project is generated into a temporary folder and installed there. It runs a database, a broker, workers
and schedulers of its own, lets one fault after the other happen to them while tasks are being sent, and
counts. The exit status is 1 when an accepted task was lost, or took effect twice. ``inside`` is what runs in
the project, as its ``tests.chaos``.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.lessons import bake, remove_roots_servers

INSIDE = Path(__file__).with_name("inside")
BROKERS = {"redis": "Redis", "rabbitmq": "RabbitMQ"}
DATABASES = {"postgresql": "PostgreSQL", "mysql": "MySQL"}
# The project is to find nothing of ours, least of all our database.
OURS = (
    "CELERY_BROKER_URL",
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "REDIS_URL",
    "SECRET_KEY",
    "VIRTUAL_ENV",
)


def main(arguments: list[str]) -> int:
    chosen = read_arguments(arguments)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    project = bake({"broker": BROKERS[chosen.broker], "database": DATABASES[chosen.database]}, folder)
    status = 1
    try:
        status = run_inside(project, chosen)
        return status
    finally:
        remove_roots_servers(project)
        if status == 0:
            shutil.rmtree(folder)
        else:
            print(f"The logs are in {project / '.local' / 'chaos'}.")


def read_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--broker", choices=BROKERS, default="redis", help="default: redis")
    parser.add_argument("--database", choices=DATABASES, default="postgresql", help="default: postgresql")
    parser.add_argument(
        "--tasks", type=int, default=1000, help="to be accepted for each fault (default: 1000)"
    )
    parser.add_argument(
        "--fault", action="append", choices=names_of_faults(), help="only this one; repeatable"
    )
    return parser.parse_args(arguments)


def names_of_faults() -> list[str]:
    """As the table in ``inside/faults.py`` has them: it can only be imported inside of a project."""
    lines = (INSIDE / "faults.py").read_text(encoding="utf-8").splitlines()
    return [line.split('"')[1] for line in lines if '": Fault(' in line]


def run_inside(project: Path, chosen: argparse.Namespace) -> int:
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    shutil.copytree(INSIDE, project / "tests" / "chaos")
    subprocess.run(["uv", "sync", "--quiet"], cwd=project, env=environment, check=True)
    options = [f"--broker={chosen.broker}", f"--tasks={chosen.tasks}"]
    options += [f"--fault={name}" for name in chosen.fault or names_of_faults()]
    command = ["uv", "run", "python", "-m", "tests.chaos", *options]
    return subprocess.run(command, cwd=project, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
