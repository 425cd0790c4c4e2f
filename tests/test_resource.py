"""The guide "Add a resource" is true: its files are written, and its commands typed, to the letter."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, Bake, Run
from pages import read_blocks, write_block
from running import Up, starter

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("curl"), reason="There is no curl."),
]

PAGE = ROOT / "docs" / "how-to" / "add-a-resource.md"
# After them, the page talks to the running project.
*STEPS, REQUESTS, ANSWER = read_blocks(PAGE)
CHECK = "uv run just check\n"
# Of all that `just check` runs, what a resource can break and the page has not run before it. That all of it
# passes with a new app is shown in test_newapp.py.
REST_OF_CHECK = (
    "uv run just test apps/core/tests/test_erd.py"
    " tests/test_{authentication,docs,house_rules,migrations,openapi,problems,versions}.py"
)


@pytest.fixture(scope="module")
def up(
    bake: Bake, project_environment: dict[str, str], run: Run, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Up]:
    """The running project of a reader who has followed the page."""
    project: Path = bake(api_auth="JWT", example="no").project_path
    for step in STEPS:
        if step.language == "python":
            write_block(step, project)
        else:
            commands = REST_OF_CHECK if step.text == CHECK else step.text
            run("bash", "-ec", commands, cwd=project, env=project_environment)
    with starter(project_environment, tmp_path_factory) as start:
        yield start(project)


def test_page_ends_with_the_whole_check() -> None:
    assert STEPS[-1].text == CHECK


def test_documents_show_the_resource(up: Up) -> None:
    document = yaml.safe_load((up.project / "docs" / "openapi" / "v1.yaml").read_text(encoding="utf-8"))

    assert document["paths"].keys() >= {"/api/v1/expenses/", "/api/v1/expenses/{id}/"}
    assert "trips.Expense" in (up.project / "docs" / "erd.md").read_text(encoding="utf-8")


def test_resource_answers_what_the_page_says(up: Up, run: Run) -> None:
    token = up.sign_in()["Authorization"].removeprefix("Bearer ")
    requests = REQUESTS.text.replace("http://127.0.0.1:8000", up.address)

    answered = run("bash", "-ec", requests, cwd=up.project, env=up.environment | {"TOKEN": token})

    first, second = re.split(r"^(?=HTTP/)", answered, flags=re.MULTILINE)[1:]
    assert "201 Created" in first.splitlines()[0]
    assert "201 Created" in second.splitlines()[0]
    assert re.findall(r'"id":\d+', first) == re.findall(r'"id":\d+', second) != []
    assert ANSWER.text.strip() not in first
    assert ANSWER.text.strip() in second


@pytest.mark.skipif(not shutil.which("npx"), reason="There is no Node.js.")
def test_collection_passes_with_the_resource(up: Up, run: Run) -> None:
    printed = run("uv", "run", "just", "postman", cwd=up.project, env=up.environment)

    assert "Enter what it has cost" in printed
