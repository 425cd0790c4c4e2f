"""The lessons: read them, break a project on purpose, and prove that each is true.

``uv run python tools/lessons.py prove ID`` runs everything about one lesson on a fresh project,
``… break ID FOLDER`` applies the break to the project in FOLDER, ``… mend ID FOLDER`` takes it back.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml

ROOT = Path(__file__).resolve().parent.parent
LESSONS = ROOT / "docs" / "lessons"
SCHEMA = LESSONS / "lesson.schema.json"
SITE = "https://user.github.io/alx-project-nexus/lessons/"
TIMEOUT_SECONDS = 300
# Named by checks of the project, and not written yet.
ANNOUNCED = {
    "cache-shared-backend",
    "s3-safe-defaults",
}


class LessonError(Exception):
    """A lesson is not true, or cannot be given; the message says what to do."""


@dataclass(frozen=True)
class Lesson:
    """One folder below ``docs/lessons/``."""

    folder: Path
    facts: Mapping[str, Any]
    text: str

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def address(self) -> str:
        return f"{SITE}{self.id}/"

    @property
    def patch(self) -> Path:
        return self.folder / "break.patch"


def read_lesson(folder: Path) -> Lesson:
    """Read a folder and check its form.

    Raises:
        LessonError: A file or fact is missing or malformed.
    """
    for name in ("lesson.md", "break.patch"):
        if not (folder / name).is_file():
            raise LessonError(f"{folder.name} has no {name}.")
    page = (folder / "lesson.md").read_text(encoding="utf-8")
    _, front_matter, text = page.split("---\n", 2)
    facts = yaml.safe_load(front_matter)
    try:
        jsonschema.validate(facts, json.loads(SCHEMA.read_text(encoding="utf-8")))
    except jsonschema.ValidationError as error:
        raise LessonError(f"{folder.name}/lesson.md: {error.json_path}: {error.message}") from None
    if facts["id"] != folder.name:
        raise LessonError(f"{folder.name}/lesson.md calls itself {facts['id']}.")
    return Lesson(folder, facts, text)


def read_lessons() -> list[Lesson]:
    """Every lesson, sorted by id."""
    return [read_lesson(folder) for folder in sorted(LESSONS.iterdir()) if folder.is_dir()]


def run(command: str, project: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a shell command in the project; its status, and all that it printed."""
    return execute(["bash", "-c", command], project, environment, timeout=TIMEOUT_SECONDS)


def execute(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], *, timeout: float | None = None
) -> tuple[int, str]:
    """Run a program that asks nothing; its status, and all that it printed.

    Raises:
        TimeoutExpired: It took longer than ``timeout`` seconds.
    """
    finished = subprocess.run(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        timeout=timeout,
        check=False,
    )
    return finished.returncode, finished.stdout


def changes(project: Path) -> str:
    """What differs from the last commit, new files included."""
    return subprocess.check_output(["git", "status", "--porcelain"], cwd=project, text=True)


def apply_break(lesson: Lesson, project: Path) -> None:
    """Break the project.

    Raises:
        LessonError: The project has uncommitted changes, or is not as the lesson expects. Nothing
            was changed.
    """
    if dirty := changes(project):
        raise LessonError(
            f"{project} has changes that are not committed:\n{dirty}"
            "Commit or stash them first, so that nothing is lost. Nothing was changed."
        )
    _git_apply(lesson, project)


def take_back(lesson: Lesson, project: Path) -> None:
    """Undo ``apply_break``, by hand-made changes to the same lines at most."""
    _git_apply(lesson, project, "--reverse")


def _git_apply(lesson: Lesson, project: Path, *options: str) -> None:
    command = ["git", "apply", "--whitespace=nowarn", *options, str(lesson.patch)]
    finished = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise LessonError(f"break.patch does not apply any more:\n{finished.stderr}")


def prove(lesson: Lesson, project: Path, environment: Mapping[str, str]) -> None:
    """Guard green, break, symptom, guard red and naming the lesson, mend, guard green.

    Raises:
        LessonError: One of these is not so. The project may be left broken.
    """
    expect_green(lesson, project, environment, "before the break")
    break_and_mend(lesson, project, environment)
    expect_green(lesson, project, environment, "after the mend")


def break_and_mend(lesson: Lesson, project: Path, environment: Mapping[str, str]) -> None:
    """All that ``prove`` does, but for the guard that is green before and after."""
    healthy = ask_doctor(lesson, project, environment)
    apply_break(lesson, project)
    try:
        expect_symptom(lesson, project, environment)
        expect_red(lesson, project, environment)
        expect_diagnosis(lesson, healthy, ask_doctor(lesson, project, environment))
    finally:
        take_back(lesson, project)
    if left := changes(project):
        raise LessonError(f"The commands of the lesson left changes behind:\n{left}")


def expect_green(lesson: Lesson, project: Path, environment: Mapping[str, str], when: str) -> None:
    status, output = run(lesson.facts["guard"]["command"], project, environment)
    if status:
        raise LessonError(f"The guard is red {when}:\n{output}")


def expect_symptom(lesson: Lesson, project: Path, environment: Mapping[str, str]) -> None:
    symptom = lesson.facts["symptom"]
    _, output = run(symptom["command"], project, environment)
    # Terminals wrap and loggers colour; the words are what counts.
    if " ".join(symptom["shows"].split()) not in " ".join(output.split()):
        raise LessonError(f"The symptom does not show {symptom['shows']!r}:\n{output}")


def expect_red(lesson: Lesson, project: Path, environment: Mapping[str, str]) -> None:
    status, output = run(lesson.facts["guard"]["command"], project, environment)
    if not status:
        raise LessonError(f"The guard stays green on the broken project:\n{output}")
    if lesson.address not in "".join(output.split()):
        raise LessonError(f"The guard is red but does not name {lesson.address}:\n{output}")


def ask_doctor(
    lesson: Lesson, project: Path, environment: Mapping[str, str]
) -> set[tuple[str | None, str | None]]:
    """What the doctor complains of: addresses of lessons, and what is wrong; nothing if it is not asked."""
    if "doctor" not in lesson.facts:
        return set()
    _, output = run(lesson.facts["doctor"]["command"], project, environment)
    try:
        document = json.loads(output[output.index("{\n") : output.rindex("}") + 1])
    except ValueError:
        raise LessonError(f"The doctor's answer is not JSON:\n{output}") from None
    return {(finding["lesson"], finding["wrong"]) for finding in document["findings"]}


def expect_diagnosis(lesson: Lesson, healthy: set[Any], broken: set[Any]) -> None:
    """Whether the doctor, where it is asked, names the lesson on the broken project only."""
    named = {address for address, _ in broken - healthy}
    if "doctor" in lesson.facts and lesson.address not in named:
        raise LessonError(f"The doctor does not name {lesson.address}, but {sorted(map(str, named))}.")


def bake(answers: Mapping[str, str], folder: Path) -> Path:
    """Make a project, with its first commit, below ``folder``."""
    extra = [f"{name}={answer}" for name, answer in answers.items()]
    options = ["--no-input", "--default-config", "--output-dir", str(folder)]
    command = [sys.executable, "-m", "cookiecutter", str(ROOT), *options, *extra]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(folder.iterdir())


def prove_on_a_fresh_project(lesson: Lesson) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    with tempfile.TemporaryDirectory() as folder:
        project = bake(lesson.facts.get("options", {}), Path(folder))
        prove(lesson, project, environment)
        remove_roots_servers(project)
    print(f"{lesson.id}: green, symptom seen, red, mended, green.")


def remove_roots_servers(project: Path) -> None:
    """Remove what a project keeps outside its folder when it is run as root."""
    token = project / ".local" / "home"
    if token.exists():
        folder = Path("/var/tmp") / f"{project.name}-{token.read_text(encoding='utf-8')}"  # noqa: S108
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Break a project on purpose, and learn from it.")
    parser.add_argument("verb", choices=["prove", "break", "mend"])
    parser.add_argument("id", choices=sorted(path.name for path in LESSONS.iterdir() if path.is_dir()))
    parser.add_argument("project", nargs="?", type=Path, default=Path(), help="a generated project")
    arguments = parser.parse_args()
    try:
        lesson = read_lesson(LESSONS / arguments.id)
        if arguments.verb == "prove":
            prove_on_a_fresh_project(lesson)
        elif arguments.verb == "break":
            apply_break(lesson, arguments.project)
            print(f"Broken. See it: {lesson.facts['symptom']['command']}\nRead: {lesson.address}")
        else:
            take_back(lesson, arguments.project)
            print(f"Mended. See it: {lesson.facts['guard']['command']}")
        sys.stdout.flush()
    except LessonError as error:
        sys.exit(f"{arguments.id}: {error}")
    except BrokenPipeError:
        # Whoever read the output, such as head, has had enough; the work is done. Python would write the
        # rest when it ends, and fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
