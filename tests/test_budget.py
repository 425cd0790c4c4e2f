"""What the template may spend on Jinja: Python stays Python, options stay out of the code."""

import ast
import json
import re
from fnmatch import fnmatch
from pathlib import Path

from conftest import CHOICES, PROJECT_FOLDER, ROOT

# The files that hold an answer, and no other does.
WITH_ANSWERS = {
    ".devcontainer/devcontainer.json",
    ".env.example",
    ".env.production.example",
    "CODEOWNERS",
    "LICENSE",
    "README.md",
    "compose.production.yaml",
    "config/project.py",
    "deploy/kubernetes/base/settings.env",
    "deploy/kubernetes/overlays/production/kustomization.yaml",
    "deploy/kubernetes/overlays/production/namespace.yaml",
    "deploy/kubernetes/overlays/production/settings.env",
    "deploy/kubernetes/overlays/staging/kustomization.yaml",
    "deploy/kubernetes/overlays/staging/namespace.yaml",
    "deploy/kubernetes/overlays/staging/settings.env",
    "deploy/render/free.yaml",
    "docker/Dockerfile",
    "docs/openapi/v1.yaml",
    "pyproject.toml",
    "render.yaml",
    "uv.lock",
}
# The files in which whole lines may depend on an option.
WITH_CONDITIONS = {
    ".devcontainer/setup.sh",
    ".env.example",
    ".env.production.example",
    ".github/workflows/tests.yml",
    "README.md",
    "compose.production.yaml",
    "compose.yaml",
    "config/env.py",
    "config/settings/base.py",
    "config/settings/build.py",
    "config/settings/components/apps.py",
    "config/settings/components/celery.py",
    "config/settings/components/middleware.py",
    "config/settings/components/rest.py",
    "config/settings/local.py",
    "config/urls.py",
    "deploy/kubernetes/base/network-policies.yaml",
    "deploy/kubernetes/base/secrets.env.example",
    "deploy/kubernetes/overlays/production/kustomization.yaml",
    "deploy/kubernetes/overlays/staging/kustomization.yaml",
    "deploy/render/free.yaml",
    "docs/pipeline.md",
    "pipeline/compose.smoke.yaml",
    "pipeline/deploy.sh",
    "pyproject.toml",
    "render.yaml",
}

EXPRESSION = re.compile(r"\{\{.*?\}\}")
STATEMENT = re.compile(r"\{%.*?%\}")
LINE_STATEMENT = re.compile(r"^\s*# @", re.MULTILINE)


def read_rendered_files(template: Path) -> dict[str, str]:
    """The template files that Jinja sees, by their path in the project."""
    copied = json.loads((ROOT / "cookiecutter.json").read_text("utf-8"))["_copy_without_render"]
    folder = template / PROJECT_FOLDER
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    names = {path: path.relative_to(folder).as_posix() for path in paths}
    return {
        name: path.read_text(encoding="utf-8")
        for path, name in names.items()
        if not any(fnmatch(name, pattern) for pattern in copied)
    }


def test_the_python_of_the_template_parses_unrendered(template: Path) -> None:
    modules = list((template / PROJECT_FOLDER).rglob("*.py"))

    assert [ast.parse(module.read_text(encoding="utf-8")) for module in modules]


def test_the_hooks_parse_unrendered(template: Path) -> None:
    hooks = list((template / "hooks").glob("*.py"))

    assert [ast.parse(hook.read_text(encoding="utf-8")) for hook in hooks]


def test_answers_stand_in_the_named_files_only(template: Path) -> None:
    files = read_rendered_files(template)

    assert {name for name, text in files.items() if EXPRESSION.search(text)} <= WITH_ANSWERS


def test_conditions_stand_in_the_joint_files_only(template: Path) -> None:
    files = read_rendered_files(template)

    assert {name for name, text in files.items() if LINE_STATEMENT.search(text)} <= WITH_CONDITIONS


def test_no_condition_stands_inside_a_line(template: Path) -> None:
    files = read_rendered_files(template)

    assert {
        (name, statement)
        for name, text in files.items()
        for statement in STATEMENT.findall(text)
        if not statement.startswith("{% include ")
    } == set()
    assert {
        name
        for name, text in files.items()
        for expression in EXPRESSION.findall(text)
        if re.search(r"\b(if|else)\b", expression)
    } == set()


def test_no_folder_of_the_template_is_named_by_an_answer(template: Path) -> None:
    folder = template / PROJECT_FOLDER

    assert [path for path in folder.rglob("*") if "{" in path.name] == []


def test_every_question_has_a_written_prompt() -> None:
    context = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
    questions = {name for name in context if not name.startswith("_")}

    assert context["__prompts__"].keys() == questions
    for choice in CHOICES:
        assert context["__prompts__"][choice].keys() == {"__prompt__", *context[choice]}
