"""Begin the tests' job as its runner does: containers first, and the steps when the workflow lets them.

    uv run python -m tests.runner

A container has started long before the database in it answers. Here a server of the project stands for it,
which answers after the first step, unless the workflow has the runner wait for its health.
"""

import os
import subprocess
import sys

from devtools import ports, services
from tests.processes import PROJECT_DIR
from tests.workflows import FOLDER, read

DATABASE = next(name for name, variable in services.SERVICES.items() if variable == "DATABASE_URL")
# Asks the database and nothing else.
FIRST_STEP = ("manage.py", "migrate", "--check", "--settings", "config.settings.test")


def main() -> None:
    service = read(FOLDER / "tests.yml")["jobs"]["tests"]["services"]["database"]
    port = ports.any_free_port()
    home = services.make_temporary_home(PROJECT_DIR)
    try:
        if "--health-cmd" in service.get("options", ""):
            services.SERVERS[DATABASE].start(home, port=port, durable=False)
        say_how_it_goes(port)
    finally:
        services.remove_temporary_home(home)


def say_how_it_goes(port: int) -> None:
    """Run the first step, and print the error by which it ends where the database does not answer."""
    scheme = {"postgres": "postgres", "mysql": "mysql"}[DATABASE]
    nobody = f"127.0.0.1:{port}"
    environment = {
        **os.environ,
        "DATABASE_URL": f"{scheme}://app:wrong@{nobody}/app",
        "REDIS_URL": f"redis://{nobody}/1",
        "CELERY_BROKER_URL": f"redis://{nobody}/0",
    }
    command = [sys.executable, *FIRST_STEP]
    ended = subprocess.run(
        command, cwd=PROJECT_DIR, env=environment, capture_output=True, text=True, check=False
    )
    # A refused password is an answer.
    refused = [line for line in ended.stderr.splitlines() if "refused" in line]
    sys.stdout.write(f"{refused[-1] if refused else 'The database answers the first step.'}\n")


if __name__ == "__main__":
    main()
