"""Is the last page of a million listings as fast as the first, for the same number of queries?

    uv run python -m benchmarks.listings_page --listings 1000000 --bookings 5000000

A project is generated into a temporary folder and installed there. It fills a database of its own,
first with a few rows and then with many, and measures its page of listings under gunicorn. The exit
status is 1 when the many cost more queries than the few, or when the last page takes over a fifth
longer than the first.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.lessons import bake, remove_roots_servers

INSIDE = Path(__file__).with_name("inside_listings_page.py")


def main(arguments: list[str]) -> int:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    folder = Path(tempfile.mkdtemp(prefix="benchmark-"))
    project = bake({"example": "yes"}, folder)
    try:
        subprocess.run(["uv", "sync", "--quiet"], cwd=project, env=environment, check=True)
        command = ["uv", "run", "python", str(INSIDE), *arguments]
        return subprocess.run(command, cwd=project, env=environment, check=False).returncode
    finally:
        remove_roots_servers(project)
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
