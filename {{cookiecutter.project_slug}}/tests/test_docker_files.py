"""The files from which images are made, as far as they can be judged without Docker."""

import json
import re
import sys
import tomllib
from pathlib import Path

import pytest

from tests.image_command import command_of_image, start_and_stop
from tests.image_context import UNWANTED, context
from tests.processes import PROJECT_DIR, production_environment, run_python

DOCKERFILE = (PROJECT_DIR / "docker" / "Dockerfile").read_text(encoding="utf-8")
# What an image needs. Nothing else is sent to the builder, so nothing else can end up in one.
CONTEXT = {
    "apps",
    "config",
    "docker/healthcheck.py",
    "flowerconfig.py",
    "manage.py",
    "pyproject.toml",
    "uv.lock",
}


def instructions(name: str) -> list[str]:
    """The arguments of an instruction, each time that it stands in the Dockerfile."""
    joined = re.sub(r"\\\n", "", re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    return re.findall(rf"^\s*{name} (.+)$", joined, flags=re.MULTILINE)


@pytest.mark.lesson("docker-image-size-and-deps")
def test_only_what_an_image_needs_is_sent_to_the_builder() -> None:
    lines = (PROJECT_DIR / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]

    assert patterns[0] == "*", "Begin with everything; then name what an image needs."
    assert {pattern[1:] for pattern in patterns if pattern.startswith("!")} == CONTEXT
    assert {"**/.*", "**/__pycache__", "**/tests"} <= set(patterns)


@pytest.mark.lesson("docker-image-size-and-deps")
def test_no_secret_and_no_history_is_sent_to_the_builder() -> None:
    sent = {path.parts[0] for path in context()}

    assert sent == {name.partition("/")[0] for name in CONTEXT}
    assert sent.isdisjoint(UNWANTED)


@pytest.mark.lesson("docker-image-size-and-deps")
def test_dependencies_are_installed_from_the_lock_before_the_code_is_copied() -> None:
    before_the_code, *_ = DOCKERFILE.split("COPY . .")

    assert "uv sync --locked --no-dev" in before_the_code
    assert all("--locked" in command for command in instructions("RUN") if "uv sync" in command)


@pytest.mark.lesson("docker-image-size-and-deps")
def test_the_image_that_is_shipped_has_no_tool_that_installs_or_compiles() -> None:
    _, _, shipped = DOCKERFILE.partition(" AS production\n")

    assert instructions("FROM")[-1] == "python AS production"
    assert re.findall(r"\b(uv|pip|apt-get|gcc|make)\b", re.sub(r"#.*|uv\.lock", "", shipped)) == []


@pytest.mark.lesson("docker-image-size-and-deps")
def test_the_python_of_the_image_is_one_that_the_project_supports_and_is_pinned() -> None:
    project = tomllib.loads((PROJECT_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    oldest = [int(part) for part in project["requires-python"].removeprefix(">=").split(".")]
    pinned = re.compile(r"^FROM (python:([\d.]+)-slim-\w+) AS python$", re.MULTILINE)

    [(image, version)] = pinned.findall(DOCKERFILE)

    assert [int(part) for part in version.split(".")] >= oldest
    assert instructions("LABEL")[0].count(f"library/{image}") == 1


@pytest.mark.lesson("docker-entrypoint")
def test_commands_are_started_without_a_shell_that_would_keep_their_signals() -> None:
    commands = [*instructions("CMD"), *instructions("ENTRYPOINT")]
    health = [line.partition("CMD ")[2] for line in instructions("HEALTHCHECK")]

    assert commands
    assert [command for command in [*commands, *health] if not is_exec_form(command)] == []


def is_exec_form(command: str) -> bool:
    try:
        words = json.loads(command)
    except ValueError:
        return False
    return isinstance(words, list) and words[0] not in ("sh", "bash", "/bin/sh", "/bin/bash")


@pytest.mark.lesson("docker-entrypoint")
@pytest.mark.django_db
@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn runs on Unix only.")
def test_the_server_itself_gets_the_signal_that_ends_a_container(tmp_path: Path) -> None:
    ended = start_and_stop(tmp_path)

    assert (ended.has_answered, ended.has_heard, ended.status) == (True, True, 0), ended.log


@pytest.mark.lesson("wsgi-boot-failure")
@pytest.mark.django_db
@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn runs on Unix only.")
def test_gunicorn_finds_the_site_by_the_command_of_the_image() -> None:
    _, *arguments = command_of_image()

    checked = run_python("-m", "gunicorn", "--check-config", *arguments, environment=production_environment())

    assert checked.returncode == 0, checked.stderr


@pytest.mark.lesson("docker-entrypoint")
def test_no_image_runs_as_root_and_its_user_is_a_number() -> None:
    users = instructions("USER")

    assert len(users) == 2
    assert [user for user in users if not re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)] == []


@pytest.mark.lesson("docker-entrypoint")
def test_scripts_of_containers_have_the_line_ends_of_linux() -> None:
    scripts = [path for path in (PROJECT_DIR / "docker").rglob("*") if path.is_file()]

    assert scripts
    assert [path.name for path in scripts if b"\r" in path.read_bytes()] == []
    attributes = (PROJECT_DIR / ".gitattributes").read_text(encoding="utf-8")
    assert "* text=auto eol=lf" in attributes, "Without it git gives them those of Windows there."
