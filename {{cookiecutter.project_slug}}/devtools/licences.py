"""``python -m devtools.licences``: may everything that goes to servers go there together with the project?

pip-licenses compares with the list in ``pyproject.toml``. It would look at tools of development too, which
nobody is given; uv tells what goes to servers.
"""

import re
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# Flower runs on servers as well, where somebody wants it.
WHAT_SERVERS_GET = ("uv", "export", "--quiet", "--frozen", "--no-dev", "--group", "flower", "--no-hashes")
MEND = """
Take another package; or, if you may use it, add what stands above to `allow-only` in pyproject.toml.
Why: https://user.github.io/alx-project-nexus/decisions/licences/"""


def main() -> int:
    """Print how many packages there are of each license; return 0 if all of these are on the list."""
    exported = subprocess.check_output(WHAT_SERVERS_GET, cwd=PROJECT, text=True)
    names = re.findall(r"^[\w.-]+", exported, re.MULTILINE)
    compare = [sys.executable, "-m", "piplicenses", "--summary", "--packages", *names]
    status = subprocess.run(compare, cwd=PROJECT, check=False).returncode
    if status:
        print(MEND)
    return status


if __name__ == "__main__":
    sys.exit(main())
