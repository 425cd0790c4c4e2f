"""The guide "Add a resource" is true: its files are written, and its commands typed, to the letter."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, Bake, Run
from pages import read_blocks, write_block
from running import starter

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("curl"), reason="There is no curl."),
]

PAGE = ROOT / "docs" / "how-to" / "add-a-resource.md"
CHECK = "uv run just check\n"
# Of all that `just check` runs, what a resource can break and the page has not run before it. That all of it
# passes with a new app is shown in test_newapp.py.
REST_OF_CHECK = (
    "uv run just test apps/core/tests/test_erd.py"
    " tests/test_{authentication,docs,house_rules,migrations,openapi,problems,versions}.py"
)


def test_resource_works_as_its_guide_is_written(
    bake: Bake,
    project_environment: dict[str, str],
    run: Run,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    project: Path = bake(api_auth="JWT", example="no").project_path
    *steps, requests, answer = read_blocks(PAGE)

    def type_in(commands: str, **variables: str) -> str:
        return run("bash", "-ec", commands, cwd=project, env=project_environment | variables)

    for step in steps:
        if step.language == "python":
            write_block(step, project)
        else:
            type_in(REST_OF_CHECK if step.text == CHECK else step.text)

    assert steps[-1].text == CHECK
    assert addresses_of(project) >= {"/api/v1/expenses/", "/api/v1/expenses/{id}/"}
    assert "trips.Expense" in (project / "docs" / "erd.md").read_text(encoding="utf-8")
    with starter(project_environment, tmp_path_factory) as start:
        up = start(project)
        token = up.sign_in()["Authorization"].removeprefix("Bearer ")
        answered = type_in(requests.text.replace("http://127.0.0.1:8000", up.address), TOKEN=token)

    first, second = re.split(r"(?=^HTTP/)", answered, flags=re.MULTILINE)[1:]
    assert "201 Created" in first.splitlines()[0]
    assert "201 Created" in second.splitlines()[0]
    assert re.findall(r'"id":\d+', first) == re.findall(r'"id":\d+', second) != []
    assert answer.text.strip() not in first
    assert answer.text.strip() in second


def addresses_of(project: Path) -> set[str]:
    document: Mapping[str, Mapping[str, object]] = yaml.safe_load(
        (project / "docs" / "openapi" / "v1.yaml").read_text(encoding="utf-8")
    )
    return set(document["paths"])
