"""What Docker would send to the builder of the image: ``uv run python -m tests.image_context``.

``.dockerignore`` is read as Docker reads it: the last pattern that fits a path, or a folder above it,
decides.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.processes import PROJECT_DIR

# Secrets, the history, and what was installed for another machine.
UNWANTED = (".env", ".git", ".local", ".venv")


def context(project: Path = PROJECT_DIR) -> Iterator[Path]:
    """The files that are sent, by their path in the project."""
    rules = list(read_rules(project / ".dockerignore"))
    for path in sorted(project.rglob("*")):
        relative = path.relative_to(project)
        if path.is_file() and not is_ignored(relative, rules):
            yield relative


def read_rules(file: Path) -> Iterator[tuple[re.Pattern[str], bool]]:
    """Each pattern, and whether it leaves out what it fits."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    for line in (line.strip() for line in lines):
        if line and not line.startswith("#"):
            yield translate(line.removeprefix("!").strip("/")), not line.startswith("!")


def translate(pattern: str) -> re.Pattern[str]:
    """A pattern of Go's filepath.Match, with ``**``, as a regular expression."""
    parts = {"**/": r"(?:.*/)?", "**": r".*", "*": r"[^/]*", "?": r"[^/]"}
    words = re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]*\]|.", pattern)
    text = "".join(parts.get(word, word if word.startswith("[") else re.escape(word)) for word in words)
    # What is said of a folder holds for everything in it.
    return re.compile(rf"{text}(/.*)?")


def is_ignored(path: Path, rules: list[tuple[re.Pattern[str], bool]]) -> bool:
    verdict = False
    for pattern, leaves_out in rules:
        if pattern.fullmatch(path.as_posix()):
            verdict = leaves_out
    return verdict


def main() -> None:
    files = list(context())
    megabytes = sum((PROJECT_DIR / path).stat().st_size for path in files) / 1e6
    found = sorted({path.parts[0] for path in files} & set(UNWANTED))
    lines = [f"The builder would get {len(files)} files, {megabytes:.1f} MB."]
    if found:
        lines.append(f"Among them: {', '.join(found)}")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
