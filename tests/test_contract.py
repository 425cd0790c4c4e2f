"""The API of a generated project is what its documents say: other people's tools hold it to that."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from conftest import Run
from running import starter

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("npx"), reason="There is no Node.js."),
]

REDOCLY = "@redocly/cli@1.34.5"
TYPESCRIPT = "typescript@5.9.3"
VALIDATOR = "openapi-spec-validator==0.9.0"

# What a front end does: the compiler knows every path, field and status.
CONSUMER = """\
import type { components, paths } from "./v1";

type SignUp = paths["/api/v1/auth/sign-up/"]["post"]["requestBody"]["content"]["application/json"];
type Me = paths["/api/v1/users/me/"]["get"]["responses"][200]["content"]["application/json"];
type Problem = components["schemas"]["Problem"];

export const signUp: SignUp = { email: "ada@example.com", password: "correct horse" };
export const greet = (me: Me): string => `Hello ${me.name ?? me.email}`;
export const explain = (problem: Problem): string => `${problem.code}: ${problem.detail}`;
"""
MISTAKE = "export const lost = (me: Me): string => me.nickname;\n"


@pytest.fixture(scope="module")
def project(
    baked_project: Path,
    tmp_path_factory: pytest.TempPathFactory,
    run: Run,
    project_environment: dict[str, str],
) -> Path:
    """A project that the tools may write into."""
    folder = tmp_path_factory.mktemp("contract") / baked_project.name
    shutil.copytree(baked_project, folder, symlinks=True)
    run("uv", "sync", "--quiet", cwd=folder, env=project_environment)
    return folder


@pytest.fixture(scope="module")
def documents(project: Path) -> list[Path]:
    return sorted((project / "docs" / "openapi").glob("*.yaml"))


def test_documents_and_collection_are_committed_for_every_version(
    project: Path, documents: list[Path], run: Run, project_environment: dict[str, str]
) -> None:
    assert [path.name for path in documents] == ["v1.yaml", "v2.yaml"]

    run("uv", "run", "just", "docs", cwd=project, env=project_environment)

    assert run("git", "status", "--short", cwd=project) == ""


def test_documents_keep_to_the_specification(documents: list[Path], project: Path, run: Run) -> None:
    names = [str(path) for path in documents]

    run("npx", "--yes", REDOCLY, "lint", "--extends=spec", *names, cwd=project)
    run("uvx", "--from", VALIDATOR, "openapi-spec-validator", *names, cwd=project)


def test_typescript_client_knows_the_fields(
    project: Path, run: Run, project_environment: dict[str, str]
) -> None:
    run("uv", "run", "just", "client", cwd=project, env=project_environment)
    consumer = project / "client" / "consumer.ts"
    compiler = ("npx", "--yes", "--package", TYPESCRIPT, "tsc", "--strict", "--noEmit", str(consumer))

    consumer.write_text(CONSUMER, encoding="utf-8")
    run(*compiler, cwd=project)

    consumer.write_text(CONSUMER + MISTAKE, encoding="utf-8")
    refused = subprocess.run(compiler, cwd=project, capture_output=True, text=True, check=False)
    assert "Property 'nickname' does not exist" in refused.stdout


def test_schemathesis_finds_nothing(project: Path, run: Run, project_environment: dict[str, str]) -> None:
    # The same requests each time, so that a red run tells of the change at hand; people throw other dice.
    printed = run("uv", "run", "just", "fuzz", "--seed", "1", cwd=project, env=project_environment)

    cases = [int(number) for number in re.findall(r"(\d+) generated, \1 passed", printed)]
    assert len(cases) == 2, printed
    assert sum(cases) >= 2000


def test_newman_runs_the_whole_collection(
    project: Path, run: Run, project_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    report = project / "newman.json"
    reporters = ("--reporters", "cli,json", "--reporter-json-export", str(report))

    with starter(project_environment, tmp_path_factory) as start:
        start(project)
        run("uv", "run", "just", "postman", *reporters, cwd=project, env=project_environment)

    stats = json.loads(report.read_text(encoding="utf-8"))["run"]["stats"]
    assert stats["assertions"]["failed"] == stats["requests"]["failed"] == 0
    assert stats["assertions"]["total"] > 60
