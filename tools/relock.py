"""Lock the generated project anew and write back what the template keeps of it.

    uv run python tools/relock.py [--upgrade]

writes the project's ``uv.lock``, with the project's name as a placeholder, and the names in
``hooks/pre_gen_project.py`` that a project must not be called.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path

from cookiecutter.main import cookiecutter

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "{{cookiecutter.project_slug}}" / "uv.lock"
HOOK = ROOT / "hooks" / "pre_gen_project.py"

NAME = 'name = "my-project"\n'
PLACEHOLDER = "name = \"{{ cookiecutter.project_slug.replace('_', '-') }}\"\n"
AS_A_SLUG = re.compile(r"[a-z][a-z0-9_]*")
LIST_IMPORT_NAMES = (
    "import importlib.metadata, json;print(json.dumps(sorted(importlib.metadata.packages_distributions())))"
)


def main(options: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(
            cookiecutter(
                str(copy_with_every_option(Path(folder))),
                no_input=True,
                accept_hooks=False,
                default_config=True,
                output_dir=folder,
                extra_context={"project_name": "My Project"},
            )
        )
        lock = project / "uv.lock"
        subprocess.run(["uv", "lock", *options], cwd=project, check=True)
        text = lock.read_text(encoding="utf-8")
        imports = read_import_names(project, os.environ)
    LOCK.write_text(text.replace(NAME, PLACEHOLDER, 1), encoding="utf-8", newline="\n")
    distributions = read_distributions(text)
    hook = HOOK.read_text(encoding="utf-8")
    hook = write_names(hook, "DISTRIBUTIONS", distributions)
    hook = write_names(hook, "IMPORT_NAMES", imports - distributions)
    HOOK.write_text(hook, encoding="utf-8", newline="\n")


def copy_with_every_option(folder: Path) -> Path:
    """Copy the template, with the requirements of all options at once: their conditions are left out."""
    template = folder / "template"
    shutil.copytree(ROOT, template, ignore=shutil.ignore_patterns(".git", ".venv", "build", "docs"))
    pyproject = template / LOCK.parent.name / "pyproject.toml"
    lines = pyproject.read_text(encoding="utf-8").splitlines(keepends=True)
    unconditional = [line for line in lines if not line.lstrip().startswith("# @")]
    pyproject.write_text("".join(unconditional), encoding="utf-8")
    return template


def read_distributions(lock: str) -> set[str]:
    """What the lock holds, beside the project itself, spelled as a slug would be."""
    packages = tomllib.loads(lock)["package"]
    return {package["name"].replace("-", "_") for package in packages if "virtual" not in package["source"]}


def read_import_names(project: Path, environment: Mapping[str, str]) -> set[str]:
    """Every top-level name that the project's environment can import and a slug could equal."""
    command = ["uv", "run", "--frozen", "--all-groups", "python", "-c", LIST_IMPORT_NAMES]
    output = subprocess.check_output(command, cwd=project, env={**environment}, text=True)
    return {name for name in json.loads(output) if AS_A_SLUG.fullmatch(name)}


def write_names(hook: str, constant: str, names: set[str]) -> str:
    block = textwrap.fill(" ".join(sorted(names)), 96, initial_indent="    ", subsequent_indent="    ")
    pattern = rf'({constant} = frozenset\(\n    """\n).*?(    """\.split)'
    return re.sub(pattern, lambda found: f"{found[1]}{block}\n{found[2]}", hook, flags=re.DOTALL)


if __name__ == "__main__":
    main(sys.argv[1:])
