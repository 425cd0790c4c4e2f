"""Which server is the site best served by? Throughput, memory, requests in flight on SIGTERM, WebSockets.

    uv run python -m benchmarks.servers --seconds 10

A project is generated into a temporary folder and installed there, with the other servers beside its own.
Each serves it with production's settings, two processes and as many threads; `wrk` asks. The exit status
is 1 when the server that projects come with loses a request on SIGTERM, or when one that loses none, too,
answers over half more pages a second.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.lessons import bake, remove_roots_servers

INSIDE = Path(__file__).with_name("inside_servers.py")
OTHERS = ("granian==2.7.*", "httptools", "uvicorn==0.4*", "uvicorn-worker", "uvloop", "websockets")


def main(arguments: list[str]) -> int:
    if not shutil.which("wrk"):
        sys.exit("There is no wrk on PATH. Debian, Ubuntu: sudo apt-get install wrk")
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
    project = bake({"example": "no"}, folder)
    try:
        subprocess.run(["uv", "sync", "--quiet"], cwd=project, env=environment, check=True)
        subprocess.run(["uv", "pip", "install", "--quiet", *OTHERS], cwd=project, env=environment, check=True)
        command = ["uv", "run", "--no-sync", "python", str(INSIDE), *arguments]
        return subprocess.run(command, cwd=project, env=environment, check=False).returncode
    finally:
        remove_roots_servers(project)
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
