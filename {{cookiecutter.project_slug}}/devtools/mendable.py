"""``python -m devtools.mendable CHECKER …``: run it, and when it is red, name the verb that mends."""

import subprocess
import sys


def main(command: list[str]) -> int:
    """Return the checker's exit status. It has named the files and the rules itself."""
    status = subprocess.run(command, check=False).returncode
    if status:
        print("\nTo mend what a program can: uv run just fix", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
