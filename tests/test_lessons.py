"""Every lesson is true: guard green, break, symptom seen, guard red and naming it, mended, green."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import DEFAULTS, ROOT, Run, answers_of
from tools import lessons
from tools.lessons import SITE, Lesson, LessonError

ALL = lessons.read_lessons()
SECTIONS = ["What you see", "Why", "The fix", "The guard", "Try it yourself", "References"]


@pytest.fixture(scope="module")
def project_for(
    baked_project: Path,
    tmp_path_factory: pytest.TempPathFactory,
    project_environment: dict[str, str],
    run: Run,
) -> Callable[[Lesson], Path]:
    """The one project for each set of answers that the lessons break and mend, and leave as it was."""
    projects: dict[str, Path] = {}

    def project_for(lesson: Lesson) -> Path:
        answers = answers_of(lesson)
        key = str(answers)
        if key not in projects:
            folder = tmp_path_factory.mktemp("lessons")
            other = answers != DEFAULTS
            baked = lessons.bake(answers, tmp_path_factory.mktemp("baked")) if other else baked_project
            projects[key] = folder / baked.name
            run("git", "clone", "--quiet", str(baked), str(projects[key]), cwd=folder)
            (projects[key] / ".env").write_bytes((baked / ".env").read_bytes())
        # They share one virtual environment.
        run("uv", "sync", "--locked", cwd=projects[key], env=project_environment)
        return projects[key]

    return project_for


@pytest.fixture(scope="module")
def record(request: pytest.FixtureRequest) -> Iterator[Callable[[str, float], None]]:
    """Keeps the seconds of each lesson, and shows the table at the end."""
    seconds: dict[str, float] = {}
    yield seconds.__setitem__
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    assert terminal is not None
    assert capture is not None
    with capture.global_and_fixture_disabled():
        terminal.write_line("\n\nBroken, seen and mended, in seconds:")
        for name, value in sorted(seconds.items()):
            terminal.write_line(f"{value:6.1f}  {name}")


@pytest.mark.slow
@pytest.mark.parametrize("lesson", ALL, ids=[lesson.id for lesson in ALL])
def test_lesson_is_true(
    lesson: Lesson,
    project_for: Callable[[Lesson], Path],
    project_environment: dict[str, str],
    record: Callable[[str, float], None],
) -> None:
    started = time.monotonic()
    try:
        drill = lessons.break_and_mend if is_green_in_the_check(lesson) else lessons.prove
        drill(lesson, project_for(lesson), project_environment)
    except LessonError as error:
        pytest.fail(f"{error}\n\nTo see it again: uv run just lesson {lesson.id}", pytrace=False)
    record(lesson.id, time.monotonic() - started)


def is_green_in_the_check(lesson: Lesson) -> bool:
    """Whether it is one of the tests that test_project.py runs in the very same project."""
    is_test = re.match(r"uv run (--[a-z]+ )*pytest ", lesson.facts["guard"]["command"])
    return bool(is_test) and answers_of(lesson) == DEFAULTS


@pytest.mark.parametrize("lesson", ALL, ids=[lesson.id for lesson in ALL])
def test_page_has_its_sections_in_order(lesson: Lesson) -> None:
    assert re.findall(r"^## (.+)$", lesson.text, re.MULTILINE) == SECTIONS


def test_doctor_finds_most_breaks_by_itself() -> None:
    """Which it does is proven with each lesson that says so."""
    assert len([lesson for lesson in ALL if "doctor" in lesson.facts]) >= 20


def test_every_lesson_that_the_project_names_has_its_page(baked_project: Path) -> None:
    named = set()
    for file in baked_project.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        named |= set(re.findall(r'lesson(?:_url)?(?:=|\()"([a-z0-9-]+)"', text))

    assert named - {lesson.id for lesson in ALL} - lessons.ANNOUNCED == set()


@pytest.fixture
def small_project(tmp_path: Path, run: Run) -> Path:
    """A repository with one file, which the lesson of these tests breaks."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "answer").write_text("42\n", encoding="utf-8")
    run("git", "init", "--quiet", cwd=folder)
    run("git", "add", ".", cwd=folder)
    run("git", "-c", "user.name=A", "-c", "user.email=a@b.example", "commit", "-qm", "A", cwd=folder)
    return folder


@pytest.fixture
def small_lesson(tmp_path: Path) -> Callable[..., Lesson]:
    """Makes a lesson about ``small_project``; keyword arguments change its commands."""

    def make(**changes: str) -> Lesson:
        folder = tmp_path / "small-lesson"
        folder.mkdir()
        (folder / "break.patch").write_text(
            changes.get("patch", "--- a/answer\n+++ b/answer\n@@ -1 +1 @@\n-42\n+43\n"), encoding="utf-8"
        )
        guard = changes.get("guard", f"grep -q 42 answer || {{ echo {SITE}small-lesson/; false; }}")
        symptom = {"command": changes.get("symptom", "cat answer"), "shows": "43"}
        doctor = {"doctor": {"command": changes["doctor"]}} if "doctor" in changes else {}
        return Lesson(folder, {"guard": {"command": guard}, "symptom": symptom, **doctor}, "")

    return make


PATH = {"PATH": "/usr/bin:/bin"}


def test_true_lesson_is_proven_and_leaves_no_trace(
    small_project: Path, small_lesson: Callable[..., Lesson]
) -> None:
    lessons.prove(small_lesson(), small_project, PATH)

    assert (small_project / "answer").read_text(encoding="utf-8") == "42\n"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"guard": "false"}, "The guard is red before the break"),
        ({"guard": "true"}, "The guard stays green on the broken project"),
        ({"guard": "grep -q 42 answer"}, "is red but does not name"),
        ({"symptom": "echo all is well"}, "The symptom does not show '43'"),
        ({"patch": "--- a/answer\n+++ b/answer\n@@ -1 +1 @@\n-41\n+43\n"}, "does not apply any more"),
        ({"symptom": "cat answer; touch litter"}, "left changes behind"),
        ({"doctor": "echo not well"}, "The doctor's answer is not JSON"),
        ({"doctor": "printf '{\\n\"findings\": []}'"}, "The doctor does not name"),
    ],
)
def test_lesson_that_is_not_true_is_found_out(
    changes: dict[str, str], complaint: str, small_project: Path, small_lesson: Callable[..., Lesson]
) -> None:
    with pytest.raises(LessonError, match=re.escape(complaint)):
        lessons.prove(small_lesson(**changes), small_project, PATH)


def test_break_is_refused_on_a_dirty_tree_and_nothing_is_lost(
    small_project: Path, small_lesson: Callable[..., Lesson]
) -> None:
    (small_project / "answer").write_text("42, I think\n", encoding="utf-8")

    with pytest.raises(LessonError, match="changes that are not committed"):
        lessons.apply_break(small_lesson(), small_project)

    assert (small_project / "answer").read_text(encoding="utf-8") == "42, I think\n"


def test_reader_who_has_had_enough_is_no_error(baked_copy: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, str(ROOT / "tools" / "lessons.py"), "break", "cors-policy", str(baked_copy)]

    finished = subprocess.run(command, stdout=write_end, stderr=subprocess.PIPE, text=True, check=False)

    os.close(write_end)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert lessons.changes(baked_copy) == " M config/settings/components/middleware.py\n"


@pytest.mark.parametrize(
    ("front_matter", "complaint"),
    [
        ("id: other\n", "is a required property"),
        ("colour: red\n", "Additional properties are not allowed"),
        ("[1, 2]\n", "is not of type 'object'"),
    ],
)
def test_malformed_front_matter_is_refused(front_matter: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "lesson.md").write_text(f"---\n{front_matter}---\n# Title\n", encoding="utf-8")
    (tmp_path / "break.patch").touch()

    with pytest.raises(LessonError, match=complaint):
        lessons.read_lesson(tmp_path)


@pytest.mark.parametrize("missing", ["lesson.md", "break.patch"])
def test_folder_that_lacks_a_part_is_refused(missing: str, tmp_path: Path) -> None:
    for name in {"lesson.md", "break.patch"} - {missing}:
        (tmp_path / name).touch()

    with pytest.raises(LessonError, match=f"has no {missing}"):
        lessons.read_lesson(tmp_path)
