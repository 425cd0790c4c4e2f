"""Write the documents that a project generates from its code, one set for each kind of project.

    uv run python tools/documents.py [--check]

bakes a project for every combination of the answers that change them, runs its own ``just docs``, and
keeps what that wrote in ``templates/documents/<answers>/``, where the files of the same names in the
project's ``docs/`` include it from. ``--check`` writes nothing, and fails when a set is not up to date.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from cookiecutter.main import cookiecutter

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "{{cookiecutter.project_slug}}"
SETS = ROOT / "templates" / "documents"
STUB = "{% include 'documents/"
# The questions whose answers change the documents. Their names join into the name of a set.
ANSWERS = {"api_auth": ("JWT", "Token", "OAuth2"), "example": ("yes", "no")}
# What the answers look like in a generated document, and what stands for them in the template.
NAME, DESCRIPTION = "NameOfTheProject", "DescriptionOfTheProject"
PLACEHOLDERS = {
    f"title: {NAME}\n": "title: {{ cookiecutter.project_name | yaml_string }}\n",
    f"description: {DESCRIPTION}\n": "description: {{ cookiecutter.description | yaml_string }}\n",
    f'"{NAME}"': "{{ cookiecutter.project_name | tojson }}",
    f'"{DESCRIPTION}"': "{{ cookiecutter.description | tojson }}",
}


def combinations() -> Iterator[dict[str, str]]:
    for answers in itertools.product(*ANSWERS.values()):
        yield dict(zip(ANSWERS, answers, strict=True))


def documents() -> list[str]:
    """The files of a project that are written by its own ``just docs``."""
    files = sorted(path for path in (PROJECT / "docs").rglob("*") if path.is_file())
    return [
        path.relative_to(PROJECT).as_posix()
        for path in files
        if path.read_text(encoding="utf-8").startswith(STUB)
    ]


def generate(answers: Mapping[str, str], folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the documents of a project with these answers, as the template keeps them.

    Args:
        answers: Those of ``ANSWERS``.
        folder: An empty one, for the project.
        environment: The variables to run it with.
    """
    project = Path(
        cookiecutter(
            str(ROOT),
            no_input=True,
            default_config=True,
            output_dir=str(folder),
            extra_context={**answers, "project_slug": "documents_project", "project_name": NAME,
                           "description": DESCRIPTION},
        )
    )  # fmt: skip
    existing = [name for name in documents() if (project / name).exists()]
    # `just docs` leaves alone what says the same in another form.
    for name in existing:
        (project / name).unlink()
    subprocess.run(
        ["uv", "run", "--quiet", "just", "docs", "--accept-breaking"],
        cwd=project,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return {name: as_template((project / name).read_text(encoding="utf-8")) for name in existing}


def as_template(text: str) -> str:
    """Put placeholders where the answers stand, and keep Jinja from reading anything else.

    Raises:
        ValueError: An answer stands where no placeholder is known for it.
    """
    for written, placeholder in PLACEHOLDERS.items():
        text = text.replace(written, "{% endraw %}" + placeholder + "{% raw %}")
    if NAME in text or DESCRIPTION in text:
        raise ValueError("An answer stands in a place that tools/documents.py does not know.")
    return "{% raw %}" + text + "{% endraw %}"


def stale_documents(environment: Mapping[str, str]) -> Iterator[tuple[Path, str]]:
    """Yield each kept document that differs from what its project writes now, with the new text."""
    for answers in combinations():
        with tempfile.TemporaryDirectory() as folder:
            fresh = generate(answers, Path(folder), environment)
        for name, text in fresh.items():
            kept = SETS / "-".join(answers.values()) / Path(name).relative_to("docs")
            if not kept.exists() or kept.read_text(encoding="utf-8") != text:
                yield kept, text


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="Write nothing; fail when a set is stale.")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        # One virtual environment for all, which uv fits to each project in turn.
        environment = os.environ | {"UV_PROJECT_ENVIRONMENT": str(Path(folder) / "venv")}
        environment.pop("VIRTUAL_ENV", None)
        stale = list(stale_documents(environment))
    for path, text in stale:
        print(path.relative_to(ROOT).as_posix())
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    if stale and options.check:
        print("Not what the project's code says: run `uv run just documents`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
