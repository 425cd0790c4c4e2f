"""The template's own workflows: they are in order, and what they run exists."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT, Run

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
JUSTFILE = (ROOT / "justfile").read_text(encoding="utf-8")
VERBS = set(re.findall(r"^([a-z][a-z-]*)(?: [^:\n]*)?:", JUSTFILE, re.MULTILINE))
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$")

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)


def tool(name: str) -> str:
    return str(Path(sys.executable).parent / name)


def jobs(workflow: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"])


def test_actionlint_and_zizmor_find_nothing(run: Run) -> None:
    run(tool("actionlint"), cwd=ROOT)
    run(tool("zizmor"), "--offline", "--quiet", "--persona=pedantic", ".github", cwd=ROOT)


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("github-workflows", "workflows/*.yml"),
        ("dependabot", "dependabot.yml"),
        ("github-issue-forms", "ISSUE_TEMPLATE/[bi]*.yml"),
        ("github-issue-config", "ISSUE_TEMPLATE/config.yml"),
    ],
)
def test_every_file_fits_its_schema(run: Run, schema: str, pattern: str) -> None:
    files = [str(path) for path in (ROOT / ".github").glob(pattern)]

    assert files
    run(tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *files, cwd=ROOT)


@each_workflow
def test_every_verb_that_a_workflow_runs_exists(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")

    assert set(re.findall(r"uv run just ([a-z-]+)", text)) <= VERBS
    assert [path for path in re.findall(r"(?:tools|\.ci)/[\w.]+", text) if not (ROOT / path).is_file()] == []


@each_workflow
def test_every_action_is_pinned_by_its_hash_with_the_version_beside_it(workflow: Path) -> None:
    uses = [
        line.strip().removeprefix("- ")
        for line in workflow.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]

    assert [line for line in uses if not PINNED.match(line)] == []


@each_workflow
def test_every_job_has_an_end_and_names_what_it_may(workflow: Path) -> None:
    assert "\npermissions: {}\n" in workflow.read_text(encoding="utf-8")
    assert {
        name: job.keys() & {"timeout-minutes", "permissions"} for name, job in jobs(workflow).items()
    } == {name: {"timeout-minutes", "permissions"} for name in jobs(workflow)}
