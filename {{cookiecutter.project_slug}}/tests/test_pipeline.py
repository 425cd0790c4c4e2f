"""One list of checks, wherever it runs; and the scripts that build, try and deploy, up to their commands."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.processes import PROJECT_DIR
from tests.verbs import CHECKS, commands, dependencies

BEFORE_A_COMMIT = yaml.safe_load((PROJECT_DIR / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = [hook for source in BEFORE_A_COMMIT["repos"] for hook in source["hooks"]]
SMOKE: dict[str, Any] = yaml.safe_load(
    (PROJECT_DIR / "pipeline" / "compose.smoke.yaml").read_text(encoding="utf-8")
)

parity = pytest.mark.lesson("cd-gates-and-jenkins-parity")
unix = pytest.mark.skipif(sys.platform == "win32", reason="The pipeline runs on Unix.")
needs_git = pytest.mark.skipif(
    not (PROJECT_DIR / ".git").exists() or not shutil.which("git"), reason="The project is no git repository."
)


@parity
def test_check_is_the_list_of_what_has_to_be_right() -> None:
    assert dependencies("check") == CHECKS == ["lint", "cover"]
    assert commands("check") == []


@parity
def test_hooks_run_what_the_linters_run_and_before_a_push_the_whole_list() -> None:
    known = {"just check", *(tool_of(command) for command in commands("lint"))}
    local = [hook["entry"] for hook in HOOKS if hook.get("language") == "system"]

    assert [entry for entry in local if tool_of(entry) not in known] == []


@pytest.mark.parametrize(
    ("command", "tool"),
    [
        ("uv lock --check --offline", "uv lock"),
        ("uv run --frozen python -m devtools.files --fix", "devtools.files"),
        ("uv run mypy", "mypy"),
        ("uv run python -m devtools.mendable ruff format --check", "ruff format"),
        ("uv run python manage.py erd --check", "manage.py erd"),
    ],
)
def test_tools_are_told_apart_whatever_starts_them(command: str, tool: str) -> None:
    assert tool_of(command) == tool


@parity
def test_whole_list_runs_before_a_push() -> None:
    [hook] = [hook for hook in HOOKS if hook["id"] == "check"]

    assert hook["entry"] == "uv run --frozen just check"
    assert hook["stages"] == ["pre-push"]
    assert "pre-push" in BEFORE_A_COMMIT["default_install_hook_types"]


def tool_of(command: str) -> str:
    """The program or module that a command is about, with its first word: ``ruff check``."""
    run = re.sub(r"^uv run (--frozen )?(python (-m )?)?(devtools\.mendable )?", "", command)
    return re.sub(r" -.*", "", run)


def test_smoke_test_starts_everything_that_serves_and_waits_until_it_is_healthy() -> None:
    ours = {name: service for name, service in SMOKE["services"].items() if "extends" not in service}

    assert ours.keys() == {"release", "web", "worker", "beat"}
    assert {name for name, service in ours.items() if "healthcheck" not in service} == {"release"}
    assert {service["image"] for service in ours.values()} == {"${SMOKE_IMAGE:-}"}


def test_smoke_test_has_the_services_of_development() -> None:
    compose = yaml.safe_load((PROJECT_DIR / "compose.yaml").read_text(encoding="utf-8"))
    taken = {name for name, service in SMOKE["services"].items() if "extends" in service}

    assert taken == compose["services"]["tests"]["depends_on"].keys()
    assert taken <= SMOKE["volumes"].keys()


# Scripts


def run(*command: str, folder: Path = PROJECT_DIR, **variables: str) -> subprocess.CompletedProcess[str]:
    unwanted = ("IMAGE", "SITE_URL", "DEPLOY_TARGET", "DEPLOY_KEY", "DEPLOY_KEY_FILE")
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    return subprocess.run(
        command, cwd=folder, env={**environment, **variables}, capture_output=True, text=True, check=False
    )


@unix
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "Name an environment, staging or production"),
        (("test", "HEAD"), "Name an environment, staging or production"),
        (("staging",), "'' is no version of this project"),
        (("staging", "v99"), "'v99' is no version of this project"),
        (("staging", "HEAD"), "SITE_URL: is not set"),
    ],
)
@needs_git
def test_deployment_says_what_is_missing_before_it_does_anything(
    arguments: tuple[str, ...], complaint: str
) -> None:
    ended = run("pipeline/deploy.sh", *arguments)

    assert ended.returncode != 0
    assert complaint in ended.stderr


CHANGELOG = """\
# Changelog

## 1.10.0

Newer.

## 1.1.0 (2026-11-02)

- One.

### Fixed

- Two.

## 1.0.0

Old.
"""


@unix
def test_notes_of_a_release_are_its_part_of_the_changelog(tmp_path: Path) -> None:
    copy_of_the_scripts(tmp_path)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)

    ended = run("pipeline/notes.sh", "v1.1.0", folder=tmp_path)

    assert ended.stdout == "- One.\n\n### Fixed\n\n- Two.\n"


@unix
def test_release_without_notes_is_refused(tmp_path: Path) -> None:
    copy_of_the_scripts(tmp_path)
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n## 1.1.0\n\nOne.\n")

    ended = run("pipeline/notes.sh", "v1.1", folder=tmp_path)

    assert ended.returncode == 1
    assert "CHANGELOG.md has no part '## 1.1'" in ended.stderr


def copy_of_the_scripts(folder: Path) -> None:
    shutil.copytree(PROJECT_DIR / "pipeline", folder / "pipeline")


@unix
@pytest.mark.skipif(not shutil.which("uv"), reason="uv is not on PATH.")
def test_list_of_what_is_inside_holds_production_and_no_tools(tmp_path: Path) -> None:
    ended = run("pipeline/sbom.sh", str(tmp_path / "sbom.json"))

    assert ended.returncode == 0, ended.stderr
    names = set(re.findall(r'"name": "([^"]+)"', (tmp_path / "sbom.json").read_text(encoding="utf-8")))
    assert {"django", "celery", "flower"} <= names
    assert names.isdisjoint({"pytest", "ruff", "mypy"})
