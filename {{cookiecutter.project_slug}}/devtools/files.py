"""What every file has to be, whatever is in it: its white space, its syntax, its size, and no secrets.

    python -m devtools.files [--fix] [FILE ...]

``just lint`` asks about all files of git's, and changes none. ``just fix`` mends what a program can, and
pre-commit does so with what is about to be committed. The rules are those of pre-commit-hooks and of
detect-secrets; their programs are called here in one process, because a dozen of them would take seconds.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from fnmatch import fnmatch
from io import StringIO
from pathlib import Path

from detect_secrets import pre_commit_hook as detect_secrets
from identify.identify import tags_from_path
from pre_commit_hooks import (
    check_added_large_files,
    check_case_conflict,
    check_json,
    check_merge_conflict,
    check_toml,
    check_yaml,
    detect_private_key,
    end_of_file_fixer,
    mixed_line_ending,
    trailing_whitespace_fixer,
)

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Rule:
    """A program of pre-commit-hooks, and which files it reads."""

    name: str
    program: Callable[[Sequence[str]], int]
    options: tuple[str, ...] = ()
    pattern: str = "*"

    def run(self, names: Sequence[str]) -> tuple[int, str]:
        """Its exit status and what it says of those of ``names`` that are its concern."""
        concerned = [name for name in names if fnmatch(name, self.pattern)]
        said = StringIO()
        with redirect_stdout(said):
            status = self.program([*self.options, *concerned]) if concerned else 0
        return status, said.getvalue()


# What divides a conflict is also the underline of a heading; what it begins and ends with is not.
CONFLICT = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)


def check_conflicts(names: Sequence[str]) -> int:
    """Ask whether somebody has committed a conflict instead of an answer to it."""
    marked = [name for name in names if CONFLICT.search(Path(name).read_bytes())]
    return int(check_merge_conflict.main(["--assume-in-merge", *marked]))


MENDING = (
    Rule("trailing-whitespace", trailing_whitespace_fixer.main, ("--markdown-linebreak-ext=md",)),
    Rule("end-of-file-fixer", end_of_file_fixer.main),
    Rule("mixed-line-ending", mixed_line_ending.main, ("--fix=lf",)),
)
ASKING = (
    Rule("check-added-large-files", check_added_large_files.main, ("--enforce-all", "--maxkb=1000")),
    Rule("check-case-conflict", check_case_conflict.main),
    Rule("check-json", check_json.main, (), "*.json"),
    Rule("check-merge-conflict", check_conflicts),
    Rule("check-toml", check_toml.main, (), "*.toml"),
    Rule("check-yaml", check_yaml.main, ("--allow-multiple-documents",), "*.y*ml"),
    Rule("detect-private-key", detect_private_key.main),
)
# A patch ends lines with spaces where the file that it changes has empty ones.
UNTOUCHED = "*.patch"

# Written by programs from what is looked at anyway, and long.
WITHOUT_SECRETS = r"^(uv\.lock|docs/(openapi|postman)/.*)$"
# What stands for a password in documents and tests is words without digits, a sentence, or the name of a
# variable; and what limits an endpoint that is named after a password is a rate.
HARMLESS = r"^([A-Za-z][a-z._-]*|[A-Z_]+|.* .*|\d+/(second|minute|hour|day))$"


def main(arguments: list[str], project: Path = PROJECT) -> int:
    """Ask about the named files, or all; return 0 if every one is in order."""
    fix = "--fix" in arguments
    named = [argument for argument in arguments if argument != "--fix"]
    with chdir(project):
        names = [as_git_names(name) for name in named or tracked() if Path(name).is_file()]
        texts = [name for name in names if is_text(name)]
        look = mend if fix else would_mend
        mended = [f"{name}: {rule}" for name in texts for rule in look(name)]
        wrong = [*ask(names), *secrets(texts)]
    say(mended, wrong, fixed=fix)
    return 1 if wrong or (mended and not fix) else 0


def tracked() -> list[str]:
    """What git has, and what it would take."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(listing, capture_output=True, text=True, encoding="utf-8", check=True)
    except (OSError, subprocess.CalledProcessError):
        sys.exit("Only git knows which files are the project's. To tell it: git init && git add --all")
    return sorted({name for name in listed.stdout.split("\0") if name})


def as_git_names(name: str) -> str:
    """The name from the project's folder on, which the rules know files by."""
    path = Path(name)
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else name


def is_text(name: str) -> bool:
    """Whether lines can be mended in it: not in PDF, which its name tells, and not in UTF-16."""
    if "text" not in tags_from_path(name):
        return False
    with Path(name).open("rb") as file:
        return b"\0" not in file.read(1024)


def mend(name: str) -> Iterator[str]:
    """Change the file; say by which rules."""
    if not fnmatch(name, UNTOUCHED):
        yield from (rule.name for rule in MENDING if rule.run([name])[0])


def would_mend(name: str) -> Iterator[str]:
    """What ``mend`` would say. The programs cannot be asked, so a copy is mended."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, Path(name).name)
        shutil.copyfile(name, copy)
        yield from mend(str(copy))


def ask(names: Sequence[str]) -> Iterator[str]:
    for rule in ASKING:
        status, said = rule.run(names)
        if status:
            yield from (f"{line} ({rule.name})" for line in said.splitlines())


def secrets(names: Sequence[str]) -> Iterator[str]:
    """What looks like a password, a key or a token. No service is asked whether it is one."""
    options = ["--json", "--no-verify", "--cores=1"]
    filters = [f"--exclude-files={WITHOUT_SECRETS}", f"--exclude-secrets={HARMLESS}"]
    said = StringIO()
    with redirect_stdout(said):
        status = detect_secrets.main([*options, *filters, "--", *names])
    if status:
        for name, found in json.loads(said.getvalue())["results"].items():
            for secret in found:
                yield f"{name}:{secret['line_number']}: {secret['type']} (detect-secrets)"


def say(mended: list[str], wrong: list[str], *, fixed: bool) -> None:
    for line in mended:
        print(f"Mended: {line}" if fixed else line)
    for line in wrong:
        print(line)
    if any(line.endswith("(detect-secrets)") for line in wrong):
        print("\nA secret belongs into .env. What is none says so by: # pragma: allowlist secret")
    if mended and not fixed:
        print("\nTo mend what a program can: uv run just fix")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
