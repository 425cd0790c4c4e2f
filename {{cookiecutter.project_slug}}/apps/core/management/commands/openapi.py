"""``manage.py openapi``: the OpenAPI documents in ``docs/openapi/``, and what a change of them breaks."""

import subprocess
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rest_framework.settings import api_settings

from apps.core.api.contract import breaking_changes

PROJECT = Path(__file__).resolve().parents[4]
DOCUMENTS = PROJECT / "docs" / "openapi"

BREAKS = """\
This breaks the clients that were built on {folder}:
{breaks}
Keep what they use beside what is new, or make a new version of the API. If nobody uses it yet, run
`just docs --accept-breaking`, and say in the commit what breaks."""
ACCEPTED = "BREAKING CHANGE: "
SINCE = """\
This breaks the clients that were built on {commit}:
{breaks}
Keep what they use beside what is new, or make a new version of the API. If it is meant, say what breaks in
the message of a commit, in a line that begins with "BREAKING CHANGE: "."""
DIFFERS = "{names} not what the code says: run `just docs` and look at the difference."

Documents = Mapping[str, str]


class Command(BaseCommand):
    help = (
        "Write the OpenAPI document of every version of the API, unless that breaks clients that were "
        "built on the documents that are there. Needs neither database nor Redis."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="Write nothing; fail where a document is not what the code says.",
        )
        parser.add_argument("--accept-breaking", action="store_true", help="Write also what breaks clients.")
        parser.add_argument(
            "--since",
            metavar="COMMIT",
            help="Write nothing; fail where clients that were built on the documents of that commit break, "
            "unless a commit that came later says so.",
        )
        parser.add_argument(
            "--folder", type=Path, default=DOCUMENTS, help="Where the documents are, if not in docs/openapi."
        )

    def handle(
        self,
        *args: Any,
        check: bool,
        accept_breaking: bool,
        since: str | None,
        folder: Path,
        **options: Any,
    ) -> None:
        fresh = {version: document_of(version) for version in api_settings.ALLOWED_VERSIONS or []}
        if since is not None:
            self.compare(since, fresh)
            return
        kept = {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.yaml")}
        if not accept_breaking:
            refuse_breaks(kept, fresh, folder)
        differing = sorted(
            version
            for version in fresh.keys() | kept.keys()
            if loaded(fresh, version) != loaded(kept, version)
        )
        paths = {version: folder / f"{version}.yaml" for version in differing}
        if check and paths:
            names = " and ".join(name_of(path) for path in paths.values())
            raise CommandError(DIFFERS.format(names=f"{names} {'is' if len(paths) == 1 else 'are'}"))
        for version, path in paths.items():
            write(path, fresh.get(version))
            self.stdout.write(f"{'Wrote' if version in fresh else 'Removed'} {name_of(path)}.")

    def compare(self, commit: str, fresh: Documents) -> None:
        """Tell what breaks clients since a commit; fail if no commit since then tells it too."""
        breaks = breaks_between(documents_at(commit), fresh)
        told = git("log", f"--grep=^{ACCEPTED}", "--format=%h %s", f"{commit}..HEAD")
        if breaks and not told:
            raise CommandError(SINCE.format(commit=commit, breaks=listed(breaks)))
        for sentence in breaks:
            self.stdout.write(f"  - {sentence}")
        self.stdout.write(f"Told by:\n{told}" if breaks else f"Nothing breaks clients since {commit}.")


def document_of(version: str) -> str:
    """The document as drf-spectacular writes it.

    Raises:
        CommandError: A view cannot be described, or the document is not valid. The standard error
            says which and why.
    """
    output = StringIO()
    call_command("spectacular", api_version=version, validate=True, fail_on_warn=True, stdout=output)
    return output.getvalue()


def refuse_breaks(kept: Documents, fresh: Documents, folder: Path) -> None:
    if breaks := breaks_between(kept, fresh):
        raise CommandError(BREAKS.format(folder=name_of(folder), breaks=listed(breaks)))


def breaks_between(kept: Documents, fresh: Documents) -> list[str]:
    return [sentence for version in sorted(kept) for sentence in broken_in(version, kept, fresh)]


def listed(sentences: list[str]) -> str:
    return "".join(f"  - {sentence}\n" for sentence in sentences)


def broken_in(version: str, kept: Documents, fresh: Documents) -> list[str]:
    if version not in fresh:
        return [f"the version {version} is gone"]
    return breaking_changes(loaded(kept, version), loaded(fresh, version))


def documents_at(commit: str) -> dict[str, str]:
    """The documents as a commit has them.

    Raises:
        CommandError: Git knows no such commit.
    """
    folder = DOCUMENTS.relative_to(PROJECT).as_posix()
    paths = git("ls-tree", "--name-only", commit, f"{folder}/").splitlines()
    # Both from the project's folder on, which need not be the repository's.
    return {Path(path).stem: git("show", f"{commit}:./{path}") for path in paths if path.endswith(".yaml")}


def git(*arguments: str) -> str:
    command = ["git", *arguments]
    try:
        finished = subprocess.run(  # noqa: S603 - of whoever types it, who may run git anyway
            command, cwd=PROJECT, capture_output=True, text=True, encoding="utf-8", check=False
        )
    except FileNotFoundError:
        raise CommandError("There is no program `git` on PATH.") from None
    if finished.returncode:
        raise CommandError(f"git {arguments[0]}: {finished.stderr.strip()}")
    return finished.stdout


def loaded(documents: Documents, version: str) -> Any:
    return yaml.safe_load(documents.get(version, ""))


def write(path: Path, text: str | None) -> None:
    """Write the document of a version, or remove that of one that is no more."""
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def name_of(path: Path) -> str:
    """The path as the project's people write it."""
    return (path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path).as_posix()
