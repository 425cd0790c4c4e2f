"""Releases of the template: dates as versions (CalVer, YYYY.MM.MICRO), made by a tag.

uv run python tools/release.py prepare      name the unreleased changes after today, everywhere
uv run python tools/release.py check TAG    is the tag what pyproject.toml, CHANGELOG.md and README.md say?
uv run python tools/release.py notes TAG    print what the changelog says of it
"""

import datetime
import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPOSITORY = "https://github.com/user/alx-project-nexus"
VERSION = r"\d{4}\.\d{1,2}\.\d+"
# They tell people to take a version.
PINNING = ("README.md", "docs/index.md", "docs/tutorial/first-project.md")
UNRELEASED = "## [Unreleased]\n"
PREPARE = "To prepare a release: uv run just release"
USAGE = "Say what to do: prepare, check TAG, or notes TAG."


class ReleaseError(Exception):
    """What is not as a release needs it; the message says what to do."""


def next_version(changelog: str, today: datetime.date) -> str:
    """The first of this month, or the one after those that were made in it."""
    month = f"{today.year}.{today.month}"
    made = re.findall(rf"^## \[{re.escape(month)}\.(\d+)\]", changelog, re.MULTILINE)
    return f"{month}.{max(map(int, made), default=-1) + 1}"


def prepare(root: Path, today: datetime.date) -> str:
    """Write the version into every file that names it; return what to type then."""
    changelog = read(root, "CHANGELOG.md")
    version = next_version(changelog, today)
    if not notes(changelog, "Unreleased"):
        raise ReleaseError("CHANGELOG.md has nothing under Unreleased, so there is nothing to release.")
    write(root, "CHANGELOG.md", name_unreleased(changelog, version, today))
    for name in PINNING:
        replace(root, name, rf"(--checkout ){VERSION}", rf"\g<1>{version}")
    replace(root, "pyproject.toml", rf'^version = "{VERSION}"$', f'version = "{version}"')
    subprocess.run(["uv", "lock", "--quiet"], cwd=root, check=True)
    return (
        f"This is {version}. Read the changes; when they are right:\n\n"
        f"    git commit --all --message 'Release {version}'\n"
        f"    git tag {version}\n"
        f"    git push origin main {version}"
    )


def name_unreleased(changelog: str, version: str, today: datetime.date) -> str:
    heading = f"{UNRELEASED}\n## [{version}] - {today.isoformat()}\n"
    links = (
        f"[Unreleased]: {REPOSITORY}/compare/{version}...main\n"
        f"[{version}]: {REPOSITORY}/releases/tag/{version}\n"
    )
    changelog = changelog.replace(UNRELEASED, heading, 1)
    return re.sub(r"^\[Unreleased\]: .*\n", links, changelog, flags=re.MULTILINE)


def check(root: Path, tag: str) -> str:
    """Refuse a tag of which some file says something else."""
    version = tomllib.loads(read(root, "pyproject.toml"))["project"]["version"]
    if version != tag:
        raise ReleaseError(f"pyproject.toml has the version {version}, and the tag is {tag}. {PREPARE}")
    if not notes(read(root, "CHANGELOG.md"), tag):
        raise ReleaseError(f"CHANGELOG.md says nothing of {tag}. {PREPARE}")
    for name in PINNING:
        pinned = set(re.findall(rf"--checkout ({VERSION})", read(root, name)))
        if pinned != {tag}:
            raise ReleaseError(
                f"{name} has --checkout {', '.join(sorted(pinned))}, and the tag is {tag}. {PREPARE}"
            )
    return f"{tag} is what every file says that names a version."


def notes(changelog: str, version: str) -> str:
    """What stands under the heading of a version."""
    for section in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        if heading.startswith(f"[{version}]"):
            return re.sub(r"^\[[^\]]+\]: .*$", "", body, flags=re.MULTILINE).strip()
    return ""


def read(root: Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8")


def write(root: Path, name: str, text: str) -> None:
    (root / name).write_text(text, encoding="utf-8", newline="\n")


def replace(root: Path, name: str, pattern: str, text: str) -> None:
    write(root, name, re.sub(pattern, text, read(root, name), flags=re.MULTILINE))


def main(arguments: Sequence[str], root: Path = ROOT) -> str:
    match arguments:
        case ["prepare"]:
            return prepare(root, datetime.datetime.now(tz=datetime.UTC).date())
        case ["check", tag]:
            return check(root, tag)
        case ["notes", tag]:
            return notes(read(root, "CHANGELOG.md"), tag)
    raise ReleaseError(USAGE)


if __name__ == "__main__":
    try:
        print(main(sys.argv[1:]))
    except ReleaseError as error:
        sys.exit(str(error))
