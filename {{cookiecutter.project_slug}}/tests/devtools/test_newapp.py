"""``just newapp``: the apps that it makes, the names that it refuses, and what it leaves behind."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError

from devtools import newapp
from tests.processes import PROJECT_DIR

PARTS = ("apps", "config", "devtools", "docs", "manage.py", "pyproject.toml")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of this project, to be changed."""
    copy = tmp_path / "project"
    copy.mkdir()
    for part in PARTS:
        source = PROJECT_DIR / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / part)
    return copy


def run_newapp(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "devtools.newapp", *arguments],
        cwd=project,
        # Byte code would look like something left behind.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def contents(project: Path) -> dict[str, bytes]:
    """Every file with its content, less what tools keep for themselves."""
    files = [path for path in project.rglob("*") if path.is_file() and ".ruff_cache" not in path.parts]
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in files}


def test_app_is_made_registered_and_documented(project: Path) -> None:
    before = contents(project)

    finished = run_newapp(project, "gizmo_parts")

    assert (finished.returncode, finished.stderr) == (0, "")
    assert "/api/v1/gizmo-parts/" in finished.stdout
    after = contents(project)
    assert b'\n    "apps.gizmo_parts",\n]\n' in after["config/settings/components/apps.py"]
    assert b"\n  /api/v1/gizmo-parts/:\n" in after["docs/openapi/v1.yaml"]
    assert b'"gizmo_parts.GizmoPart" {' in after["docs/erd.md"]
    made = {name.removeprefix("apps/gizmo_parts/"): after[name] for name in after.keys() - before.keys()}
    assert made.keys() == {
        *("__init__.py", "admin.py", "apps.py", "models.py", "selectors.py", "services.py"),
        *("api/__init__.py", "api/v1/__init__.py", "api/v1/filters.py", "api/v1/serializers.py"),
        *("api/v1/urls.py", "api/v1/views.py"),
        *("migrations/__init__.py", "migrations/0001_initial.py"),
        *("tests/__init__.py", "tests/factories.py", "tests/rows.py"),
        *(f"tests/test_{topic}.py" for topic in ("admin", "api", "models", "services")),
    }
    assert b'name="GizmoPart"' in made["migrations/0001_initial.py"]
    assert [name for name, content in made.items() if b"\r" in content or b"{%" in content] == []


def test_second_app_of_the_same_name_is_refused_and_the_first_one_kept(project: Path) -> None:
    (project / "apps" / "gizmos").mkdir()
    (project / "apps" / "gizmos" / "models.py").write_text("# Mine\n")
    before = contents(project)

    finished = run_newapp(project, "gizmos")

    assert finished.returncode == 2
    assert finished.stderr == (
        "The app name 'gizmos' is taken: there is a folder apps/gizmos. Try 'my_gizmos'.\n"
    )
    assert contents(project) == before


@pytest.mark.parametrize(
    ("template", "mistake", "complaint"),
    [
        ("models.py-tpl", "    owner_id = models.TextField()\n", "(models.E006)"),
        (
            "api/v1/serializers.py-tpl",
            '        exclude = ("id",)\n',
            "Cannot set both 'fields' and 'exclude'",
        ),
        ("services.py-tpl", "\n\ndef unfinished() -> None:\n    unknown()\n", "ruff"),
    ],
    ids=["the system check", "the OpenAPI document", "the linter"],
)
def test_everything_is_taken_back_when_the_app_does_not_satisfy(
    project: Path, template: str, mistake: str, complaint: str
) -> None:
    with (project / "devtools" / "app_template" / template).open("a", encoding="utf-8") as file:
        file.write(mistake)
    before = contents(project)

    finished = run_newapp(project, "gizmos")

    assert finished.returncode == 1
    assert complaint in finished.stderr
    assert contents(project) == before


@pytest.mark.parametrize(
    ("name", "model", "signature"),
    [
        ("gizmos", "Gizmo", "def rename_gizmo(*, gizmo: Gizmo, title: str) -> Gizmo:"),
        ("classes", "Class", "def rename_class(*, class_: Class, title: str) -> Class:"),
        ("properties", "Property", "def rename_property(*, property_: Property, title: str) -> Property:"),
        ("titles", "Title", "def rename_title(*, title_: Title, title: str) -> Title:"),
        ("sales", "HTTPLog", "def rename_http_log(*, http_log: HTTPLog, title: str) -> HTTPLog:"),
    ],
)
def test_names_that_python_uses_and_abbreviations_read_well_too(
    tmp_path: Path, name: str, model: str, signature: str
) -> None:
    newapp.render(name, model, tmp_path / name)

    assert signature in (tmp_path / name / "services.py").read_text(encoding="utf-8")


def test_longest_names_fit_the_lines_and_the_database(project: Path) -> None:
    name, model = "a" * newapp.LONGEST, "A" * newapp.LONGEST

    finished = run_newapp(project, name, "--model", model)

    assert (finished.returncode, finished.stderr) == (0, "")
    assert max(len(f"{name}_{model}"), len(f"{name}_title_is_not_blank")) <= 63


@pytest.mark.parametrize(("name", "count"), [("categories", 1), ("news", 1), ("gizmos", 0)])
def test_plural_is_told_to_django_where_it_is_not_the_singular_with_s(
    tmp_path: Path, name: str, count: int
) -> None:
    newapp.render(name, newapp.model_of(name), tmp_path / name)

    models = (tmp_path / name / "models.py").read_text(encoding="utf-8")
    assert models.count(f'        verbose_name_plural = "{name}"\n') == count


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is not 30 or fewer lower-case letters, digits and single underscores. Try 'orders'."),
        ("Gizmos", "single underscores. Try 'gizmos'."),
        ("gizmo parts", "single underscores. Try 'gizmo_parts'."),
        ("Überschüsse", "single underscores. Try 'uberschusse'."),
        ("gizmos\n", "single underscores. Try 'gizmos'."),
        ("../gizmos", "single underscores. Try 'gizmos'."),
        ("2fast", "single underscores. Try 'my_2fast'."),
        ("o" * 31, "single underscores. Try 'orders'."),
        ("class", "is a keyword of Python. Try 'my_class'."),
        ("users", "is taken: there is a folder apps/users. Try 'my_users'."),
        ("json", "is the name of a Python module. Try 'my_json'."),
        ("celery", "is the name of a Python module. Try 'my_celery'."),
        ("config", "is the name of a Python module. Try 'my_config'."),
        ("tests", "is the name of a Python module. Try 'my_tests'."),
        ("auth", "is taken by django.contrib.auth. Try 'my_auth'."),
        ("groups", "is taken: every user has an attribute groups. Try 'my_groups'."),
    ],
)
def test_unusable_name_is_refused_with_one_that_would_do(name: str, problem: str) -> None:
    assert str(newapp.find_problem(name, "Gizmo")).endswith(problem)


@pytest.mark.parametrize(
    "model", ["", "order", "Order Line", "2Fast", "Été", "A" * 31, "True", "Exception", "User"]
)
def test_unusable_model_is_refused(model: str) -> None:
    assert str(newapp.find_problem("gizmos", model)).startswith(f"The model name {model!r} is ")


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("orders", "Order"),
        ("order_lines", "OrderLine"),
        ("categories", "Category"),
        ("boxes", "Box"),
        ("branches", "Branch"),
        ("addresses", "Address"),
        ("houses", "House"),
        ("statuses", "Status"),
        ("movies", "Movie"),
        ("news", "News"),
        ("people", "People"),
    ],
)
def test_model_is_called_after_one_of_what_the_app_is_about(name: str, model: str) -> None:
    assert newapp.model_of(name) == model


def test_registering_twice_adds_one_line(tmp_path: Path) -> None:
    file = tmp_path / "apps.py"
    file.write_bytes(b'LOCAL_APPS = [\n    # Ours.\n    "apps.users",\n]\nMORE = [\n]\n')

    newapp.register("apps.gizmos", file)
    newapp.register("apps.gizmos", file)

    assert file.read_bytes() == (
        b'LOCAL_APPS = [\n    # Ours.\n    "apps.users",\n    "apps.gizmos",\n]\nMORE = [\n]\n'
    )


def test_list_that_cannot_be_extended_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "apps.py"
    file.write_text('LOCAL_APPS = ["apps.core"]\n')

    with pytest.raises(CommandError, match="has no LOCAL_APPS with one app a line"):
        newapp.register("apps.gizmos", file)
