"""The workflows of GitHub Actions, read as their runner reads them.

    uv run python -m tests.workflows

says of each job that deploys what has to have passed before it begins.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.processes import PROJECT_DIR

FOLDER = PROJECT_DIR / ".github" / "workflows"
Job = Mapping[str, Any]


def main() -> None:
    jobs = read(FOLDER / "deploy.yml")["jobs"]
    for name in jobs:
        if "environment" in jobs[name]:
            before = ", ".join(waits_for(name, jobs)) or "nothing"
            sys.stdout.write(f"{name} begins after: {before}\n")


def read(file: Path) -> dict[str, Any]:
    """A workflow, with its triggers below ``on``, which YAML takes for a truth."""
    document: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {"on": document.pop(True, None), **document}


def workflows() -> dict[str, dict[str, Any]]:
    return {file.name: read(file) for file in sorted(FOLDER.glob("*.yml"))}


def jobs_of(*names: str) -> dict[str, Job]:
    """The jobs of these workflows, or of all, as ``file: job``."""
    return {
        f"{file}: {name}": job
        for file, workflow in workflows().items()
        for name, job in workflow["jobs"].items()
        if not names or file in names
    }


def steps(job: Job) -> list[dict[str, Any]]:
    return list(job.get("steps", []))


def commands(*names: str) -> list[str]:
    """What the steps of these workflows run."""
    return [step["run"] for job in jobs_of(*names).values() for step in steps(job) if "run" in step]


def actions() -> Iterator[str]:
    """The lines that name an action or a workflow, with their comments."""
    for file in sorted(FOLDER.glob("*.yml")):
        for line in file.read_text(encoding="utf-8").splitlines():
            _, found, action = line.partition("uses: ")
            if found:
                yield action


def needs(job: Job) -> list[str]:
    named = job.get("needs", [])
    return [named] if isinstance(named, str) else list(named)


def waits_for(name: str, jobs: Mapping[str, Job]) -> list[str]:
    """The jobs that end before this one begins, in their order; those of called workflows too."""
    before: list[str] = []
    for other in needs(jobs[name]):
        inside = [f"{other} / {name}" for name in called(jobs[other])]
        before += [*waits_for(other, jobs), *inside, other]
    return list(dict.fromkeys(before))


def called(job: Job) -> list[str]:
    """The jobs of the workflow that a job calls."""
    if "uses" not in job:
        return []
    inner = read(FOLDER / Path(job["uses"]).name)["jobs"]
    return list(inner)


if __name__ == "__main__":
    main()
