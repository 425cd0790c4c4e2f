"""What is released already: the migrations that databases have seen, as git remembers them."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtools.errors import DevtoolsError

PROJECT = Path(__file__).resolve().parents[2]
# The name of a revision: everything that is newer is examined, whatever else git would say.
VARIABLE = "MIGRATIONS_SINCE"
MIGRATIONS = ":(glob)apps/*/migrations/*.py"
TAGS = "[v0-9]*"
# Where a pull request is to go, as GitHub and Jenkins say it.
TARGETS = ("GITHUB_BASE_REF", "CHANGE_TARGET")
# Where the branch is that everybody shares. The last one is for a project without a remote.
SHARED = ("origin/HEAD", "origin/main", "main")
# How GitHub says that a branch did not exist before.
NO_REVISION = "0" * 40

SHALLOW = """\
This clone lacks the history that new migrations are compared with. Type: git fetch --unshallow --tags
In GitHub Actions, give actions/checkout the option fetch-depth: 0."""
UNKNOWN = f"{VARIABLE} names {{revision}}, which git does not know here."


class NoHistory(Exception):
    """There is nothing to compare with: no git, no repository, or no commit."""


@dataclass(frozen=True)
class Release:
    """A state of the code that databases have seen, or may have."""

    # As messages say it.
    name: str
    # Of the project's own migrations, from its folder on.
    files: frozenset[str]

    def text_of(self, file: str, project: Path = PROJECT) -> str:
        return ask_git("show", f"{self.name}:./{file}", project=project) or ""


def releases(project: Path = PROJECT) -> list[Release]:
    """The last release, and what the shared branch had before; the oldest first.

    Raises:
        NoHistory: Nothing was committed yet, or git is not there.
        DevtoolsError: The history that is needed was not fetched, or may not be read.
    """
    refuse_what_hides_the_history(project)
    if not ask_git("rev-parse", "--verify", "HEAD", project=project):
        raise NoHistory
    return [Release(name, files_in(name, project)) for name in revisions(project)]


def refuse_what_hides_the_history(project: Path) -> None:
    """Do not take a repository that git refuses for none, as in containers that belong to somebody else."""
    finished = run_git("status", "--porcelain", project=project)
    if finished and finished.returncode and "dubious ownership" in finished.stderr:
        raise DevtoolsError(finished.stderr.strip())


def revisions(project: Path) -> list[str]:
    """The names of what to compare with, without those that are the same commit."""
    given = os.environ.get(VARIABLE, "").strip()
    if given and given != NO_REVISION:
        if not ask_git("rev-parse", "--verify", f"{given}^{{commit}}", project=project):
            raise DevtoolsError(UNKNOWN.format(revision=given))
        return [given]
    if ask_git("rev-parse", "--is-shallow-repository", project=project) == "true":
        raise DevtoolsError(SHALLOW)
    names = [*last_release(project), shared_state(project)]
    commits = {ask_git("rev-parse", f"{name}^{{commit}}", project=project): name for name in reversed(names)}
    return [name for name in names if name in commits.values()]


def behind(project: Path) -> str:
    """The newest commit without what is examined: the changes that are not committed, or the last ones."""
    unfinished = ask_git("status", "--porcelain", "--untracked-files=all", "--", MIGRATIONS, project=project)
    has_parent = ask_git("rev-parse", "--verify", "HEAD^", project=project)
    return "HEAD^" if has_parent and not unfinished else "HEAD"


def last_release(project: Path) -> Iterator[str]:
    """The newest tag of a version behind us, if there is any."""
    tag = ask_git("describe", "--tags", "--abbrev=0", f"--match={TAGS}", behind(project), project=project)
    if tag:
        yield tag


def shared_state(project: Path) -> str:
    """Where this branch left the shared one, or what that one was before its last commit."""
    targets = [f"origin/{os.environ[name]}" for name in TARGETS if os.environ.get(name)]
    for shared in (*targets, *SHARED):
        point = ask_git("merge-base", shared, "HEAD", project=project)
        if point and point != ask_git("rev-parse", "HEAD", project=project):
            return ask_git("rev-parse", "--short", point, project=project) or point
    return behind(project)


def files_in(revision: str, project: Path) -> frozenset[str]:
    listed = ask_git("ls-tree", "-r", "--name-only", revision, "--", "apps", project=project) or ""
    return frozenset(name for name in listed.splitlines() if is_migration(name))


def is_migration(file: str) -> bool:
    path = Path(file)
    return path.suffix == ".py" and path.parent.name == "migrations" and path.name != "__init__.py"


def ask_git(*arguments: str, project: Path) -> str | None:
    """What git says, or None where it refuses or is not there."""
    finished = run_git(*arguments, project=project)
    return None if finished is None or finished.returncode else finished.stdout.strip()


def run_git(*arguments: str, project: Path) -> subprocess.CompletedProcess[str] | None:
    command = ["git", *arguments]
    try:
        return subprocess.run(
            command, cwd=project, capture_output=True, text=True, encoding="utf-8", check=False
        )
    except OSError:
        return None
