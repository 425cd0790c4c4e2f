"""Finish a freshly rendered project: prune, secrets, lock, first commit, next steps.

Cookiecutter renders this file and runs the copy inside the project, so it needs the standard
library only and stays valid Python both before and after. Neither a missing network nor a missing
tool makes the generation fail; a mistake of the template does.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Table = Mapping[str, Mapping[str, list[str]]]

# field → answer → paths that exist only under that answer. A path that several answers share is
# listed under each. This table and the files themselves are all there is to an option.
ONLY_FOR: Table = {
    "license": {
        "MIT": ["LICENSE"],
        "Apache-2.0": ["LICENSE"],
        "BSD-3-Clause": ["LICENSE"],
        "GPL-3.0-or-later": ["LICENSE"],
    },
    "api_auth": {
        "JWT": ["apps/jwt_auth", "config/settings/components/jwt.py"],
        "Token": ["apps/token_auth", "config/settings/components/token.py"],
        "OAuth2": ["apps/oauth2_auth", "config/settings/components/oauth2.py"],
    },
    "database": {
        "PostgreSQL": [
            "devtools/postgres.py",
            "docker/backup/postgresql.sh",
            "tests/devtools/test_postgres.py",
            "tests/test_postgresql.py",
        ],
        "MySQL": [
            "apps/core/database/mysql",
            "devtools/mysql_server.py",
            "docker/backup/mysql.sh",
            "tests/devtools/test_mysql_server.py",
            "tests/test_mysql.py",
        ],
    },
    "broker": {
        "RabbitMQ": [
            "devtools/rabbitmq_server.py",
            "tests/devtools/test_rabbitmq_server.py",
            "tests/test_rabbitmq.py",
        ],
    },
    "deploy": {
        "Compose": [
            ".env.production.example",
            "compose.production.yaml",
            "docker/backup",
            "docker/nginx",
            "docker/production.just",
            "docker/restore.sh",
            "docker/rollout.sh",
            "docker/take.sh",
            "docs/one-machine.md",
            "tests/test_compose_production.py",
        ],
        "Kubernetes": [
            "deploy",
            "deploy/kubernetes",
            "docs/kubernetes.md",
            "tests/manifests.py",
            "tests/test_manifests.py",
        ],
        "Render": [
            "deploy",
            "deploy/render",
            "docs/render.md",
            "render.yaml",
            "tests/blueprint.py",
            "tests/render_blueprint.schema.json",
            "tests/test_blueprint.py",
        ],
    },
    "ci": {
        "GitHub Actions": [
            ".github/dependabot.yml",
            ".github/workflows",
            "tests/runner.py",
            "tests/test_workflows.py",
            "tests/workflows.py",
        ],
        "Jenkins": [
            "Jenkinsfile",
            "pipeline/history.sh",
            "tests/test_jenkinsfile.py",
        ],
    },
    "example": {
        "yes": [
            "apps/bookings",
            "apps/traffic",
            "config/settings/components/traffic.py",
            "docs/openapi/v2.yaml",
        ],
    },
}

LOCK_TIMEOUT_SECONDS = 120


def prune(project: Path, answers: Mapping[str, str], table: Table) -> None:
    """Remove what the answers do not ask for; a listed path that does not exist is a mistake."""
    listed = {
        field: {path for paths in paths_by_answer.values() for path in paths}
        for field, paths_by_answer in table.items()
    }
    for field, paths in listed.items():
        stale = sorted(path for path in paths if not (project / path).exists())
        if stale:
            sys.exit(f"ONLY_FOR[{field!r}] names {', '.join(stale)}, which the template lacks.")
    for field, paths in listed.items():
        for path in paths.difference(table[field].get(answers[field], [])):
            remove(project / path)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # With its folder, or by another field.


def write_env(project: Path, *, superuser_email: str) -> None:
    """Copy ``.env.example`` to ``.env`` with secrets of its own, for its owner's eyes only."""
    text = (project / ".env.example").read_text(encoding="utf-8")
    for name in re.findall(r"^(SECRET_KEY|\w+_SIGNING_KEY)=$", text, re.MULTILINE):
        text = set_variable(text, name, secrets.token_urlsafe(50))
    for name in re.findall(r"^(SERVICES_PASSWORD)=$", text, re.MULTILINE):
        text = set_variable(text, name, secrets.token_urlsafe(16))
    for name in re.findall(r"^(\w+_BASIC_AUTH)=$", text, re.MULTILINE):
        text = set_variable(text, name, f"admin:{secrets.token_urlsafe(16)}")
    text = set_variable(text, "DJANGO_SUPERUSER_EMAIL", superuser_email)
    text = set_variable(text, "DJANGO_SUPERUSER_PASSWORD", secrets.token_urlsafe(16))
    try:
        descriptor = os.open(project / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return  # Generated over an older project, whose secrets are in use.
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as env:
        env.write(text)


def set_variable(text: str, name: str, value: str) -> str:
    line = re.compile(rf"^(# ?)?{name}=.*$", re.MULTILINE)
    if not line.search(text):
        sys.exit(f".env.example does not mention {name}.")
    return line.sub(lambda _: f"{name}={value}", text, count=1)


def fit_lock(lock: Path, pyproject: Path) -> None:
    """Keep of the lock, which holds the packages of every option, what this project asks for.

    The project's own entry moves to where uv, which sorts by name, would write it.
    """
    text = lock.read_text(encoding="utf-8")
    wanted = direct_requirements(tomllib.loads(pyproject.read_text(encoding="utf-8")))
    kept = reachable_packages(tomllib.loads(text)["package"], wanted)
    head, *packages = text.split("[[package]]\n")
    packages = [
        drop_requirements(package, wanted) if 'source = { virtual = "." }' in package else package
        for package in packages
        if name_in_lock(package) in kept
    ]
    packages.sort(key=name_in_lock)
    # Between two entries is an empty line; after the last is none.
    ordered = "\n[[package]]\n".join(package.rstrip("\n") + "\n" for package in packages)
    lock.write_bytes(f"{head}[[package]]\n{ordered}".encode())


def name_in_lock(package: str) -> str:
    return re.search(r'^name = "(.+)"', package)[1]  # type: ignore[index]


def direct_requirements(pyproject: Mapping[str, Any]) -> set[str]:
    """The names, as a lock spells them, of all that the project itself requires."""
    groups = pyproject["dependency-groups"].values()
    requirements = [*pyproject["project"]["dependencies"], *(entry for group in groups for entry in group)]
    names = [re.match(r"[\w.-]+", entry)[0] for entry in requirements if isinstance(entry, str)]  # type: ignore[index]
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def reachable_packages(packages: list[dict[str, Any]], wanted: set[str]) -> set[str]:
    """The names of what is locked for ``wanted``, directly or through other packages."""
    needs: dict[str, set[str]] = {}
    for package in packages:
        is_project = "virtual" in package["source"]
        extras = package.get("optional-dependencies", {}).values()
        lists = [package.get("dependencies", []), *extras]
        names = {entry["name"] for entries in lists for entry in entries}
        needs.setdefault(package["name"], set()).update(wanted if is_project else names)
    reached = {package["name"] for package in packages if "virtual" in package["source"]}
    fresh = reached
    while fresh:
        # What is not locked yet needs nothing that is known.
        fresh = {name for package in fresh for name in needs.get(package, ())} - reached
        reached = reached | fresh
    return reached


def drop_requirements(project: str, wanted: set[str]) -> str:
    """The project's own entry without the lines about what it does not require."""
    lines = project.splitlines(keepends=True)
    names = [re.match(r'    \{ name = "([^"]+)"', line) for line in lines]
    return "".join(line for line, name in zip(lines, names, strict=True) if not name or name[1] in wanted)


def write_collection(project: Path) -> None:
    """Make the Postman collection from the API's documents.

    This interpreter is Cookiecutter's, and so has the one package that it takes: PyYAML.
    """
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    succeeds([sys.executable, "-m", "devtools.postman", "write"], project, environment)


def lock_is_current(project: Path) -> bool:
    """Whether ``uv.lock`` fits ``pyproject.toml``, after locking anew where it has to be."""
    uv = shutil.which("uv") or os.environ.get("UV")
    if not uv:
        return True  # Nothing to check it with, and it was right when it was shipped.
    checks = [uv, "lock", "--check", "--offline"]
    return succeeds(checks, project) or succeeds([uv, "lock"], project)


def succeeds(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> bool:
    try:
        finished = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=LOCK_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return finished.returncode == 0


def commit(project: Path, answers: Mapping[str, str]) -> None:
    """Make the first commit, if git is there and the folder has no history yet."""
    git = shutil.which("git")
    if not git or (project / ".git").exists():
        return
    # No configuration, hook, signature or outer repository of the user has a say in this commit.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": answers["author_name"],
        "GIT_AUTHOR_EMAIL": answers["author_email"],
        "GIT_COMMITTER_NAME": answers["author_name"],
        "GIT_COMMITTER_EMAIL": answers["author_email"],
    }
    for arguments in (
        ["init", "--quiet", "--template=", "--initial-branch=main"],
        ["-c", f"core.excludesFile={os.devnull}", "add", "--all"],
        ["commit", "--quiet", "--message=Start the project"],
    ):
        if not succeeds([git, *arguments], project, environment):
            return


def say_what_now(answers: Mapping[str, str], *, locked: bool) -> None:
    folder = answers["project_slug"]
    lines = ["", f"{answers['project_name']} is ready in {folder}/", "", f"    cd {folder}"]
    if not locked:
        lines.append("    uv lock             uv.lock could not be brought up to date")
    if not shutil.which("uv"):
        lines.append("    python -m pip install uv")
    lines += ["    uv run just up      start it", "    uv run just test    test it", ""]
    # A terminal that lacks a letter of the name must not undo the project.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    print("\n".join(lines))


def main(project: Path, answers: Mapping[str, Any], email_in_env: str) -> None:
    prune(project, answers, ONLY_FOR)
    write_env(project, superuser_email=email_in_env)
    fit_lock(project / "uv.lock", project / "pyproject.toml")
    write_collection(project)
    locked = lock_is_current(project)
    commit(project, answers)
    say_what_now(answers, locked=locked)


if __name__ == "__main__":
    quoted = r"""{{ [cookiecutter, cookiecutter.author_email | env_string] | tojson }}"""
    main(Path.cwd(), *json.loads(quoted))
