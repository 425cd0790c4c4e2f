"""The changelog: news are collected from ``changelog.d/``, one file for each.

``check BRANCH`` asks whether there is one for what changed since the branch; ``version 1.2.0`` collects them.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from devtools.errors import DevtoolsError

PROJECT = Path(__file__).resolve().parent.parent
# Nobody who runs or uses the project notices a change of these.
WITHOUT_NEWS = (
    ".*",
    "*.md",
    "*/tests/*",
    "CODEOWNERS",
    "Jenkinsfile",
    "changelog.d/*",
    "conftest.py",
    "devtools/*",
    "docs/*",
    "justfile",
    "pipeline/*",
    "tests/*",
    "uv.lock",
)
VERSION = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")


def main(arguments: Sequence[str], project: Path = PROJECT) -> int:
    parser = argparse.ArgumentParser(prog="devtools.changelog")
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("about", metavar="BRANCH or VERSION")
    asked = parser.parse_args(arguments)
    try:
        print(ACTIONS[asked.action](project, asked.about))
    except DevtoolsError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def check(project: Path, branch: str) -> str:
    """Refuse changes that somebody notices and nobody is told of."""
    names = changed(project, branch)
    noticed = [name for name in names if not any(fnmatch(name, pattern) for pattern in WITHOUT_NEWS)]
    # News that are taken away tell nobody anything.
    left = changed(project, branch, "--diff-filter=d")
    told = [name for name in left if name == "CHANGELOG.md" or is_news(name)]
    if noticed and not told:
        raise DevtoolsError(
            f"{noticed[0]} changed since {branch}, with {len(noticed) - 1} more, and no file in changelog.d/ "
            "says what that means.\nWrite a sentence into changelog.d/NUMBER.KIND.md: changelog.d/README.md "
            "tells the kinds."
        )
    return f"Files that need news: {len(noticed)}. News: {', '.join(told) or 'none'}."


def changed(project: Path, branch: str, *options: str) -> list[str]:
    """The project's files that changed since the branch; the repository may hold others beside its folder."""
    listing = ("git", "diff", "--relative", "--name-only", "-z", *options, f"{branch}...HEAD", "--")
    return [name for name in run(project, *listing).split("\0") if name]


def is_news(name: str) -> bool:
    return fnmatch(name, "changelog.d/*.*.md")


def version(project: Path, wanted: str) -> str:
    """Write the news into ``CHANGELOG.md`` under a version, which becomes the project's."""
    if not VERSION.fullmatch(wanted):
        raise DevtoolsError(f"{wanted!r} is no version: write three numbers, such as 1.2.0.")
    run(project, "uv", "version", "--no-sync", wanted)
    run(project, "towncrier", "build", "--yes", "--version", wanted)
    return (
        f"This is {wanted}. Read CHANGELOG.md; when it is right:\n\n"
        f"    git commit --all --message 'Release {wanted}'\n"
        f"    git tag v{wanted}\n"
        f"    git push --follow-tags origin main v{wanted}"
    )


def run(project: Path, *command: str) -> str:
    finished = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise DevtoolsError(f"{' '.join(command)}\n{finished.stdout}{finished.stderr}".rstrip())
    return finished.stdout


ACTIONS = {"check": check, "version": version}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
