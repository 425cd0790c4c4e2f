"""The Jenkinsfile of generated projects, run by its stages: green as it is, red where a fault was planted."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pipelines import IMAGE, Workshop, advisories, jenkins, site, workshop
from test_actions import (
    CHANGELOG,
    change_without_news,
    expectation_that_is_wrong,
    file_that_is_missing,
    nothing,
    old_system,
    operation_that_is_gone,
    server_that_does_not_start,
    unused_import,
)

from conftest import Bake

pytestmark = pytest.mark.slow

MAIN = {"BRANCH_NAME": "main"}
CHANGE = {"BRANCH_NAME": "PR-1", "CHANGE_ID": "1", "CHANGE_TARGET": "main"}
TAG = {"BRANCH_NAME": "v1.0.0", "TAG_NAME": "v1.0.0"}
NIGHT = {**MAIN, "TRIGGER": "TimerTrigger"}


@pytest.fixture(scope="module")
def project(bake: Bake, project_environment: dict[str, str]) -> Path:
    project = Path(bake(ci="Jenkins").project_path)
    subprocess.run(["uv", "sync", "--quiet"], cwd=project, env=project_environment, check=True)
    return project


@pytest.fixture
def shop(project: Path, tmp_path: Path, project_environment: dict[str, str]) -> Workshop:
    return workshop(project, tmp_path, project_environment)


def to_a_server(shop: Workshop, address: str, environment: str = "STAGING") -> dict[str, str]:
    """What the owner has set, and the credentials that Jenkins keeps."""
    key = shop.notes / "key"
    key.write_text("a-key\n", encoding="utf-8")
    return {
        "IMAGE": IMAGE,
        "CREDENTIAL_registry": "ada:a-password",
        f"CREDENTIAL_{environment.lower()}_key": str(key),
        f"{environment}_URL": address,
        f"{environment}_TARGET": f"deploy@server:{shop.server()}",
        f"{environment}_KNOWN_HOSTS": "server the-key-of-the-server",
    }


def test_a_commit_of_main_passes_its_checks_and_goes_to_staging(shop: Workshop) -> None:
    with site() as staging:
        ended = shop.jenkins(**MAIN, **to_a_server(shop, staging.address))

    assert ended.failed == [], ended.output
    assert ended.passed == ["Lint", "Tests", "Image", "Publish", "Staging"]
    assert staging.asked == ["GET /health/ready"]
    assert f"docker push {IMAGE}:{shop.git('rev-parse', 'HEAD')}" in shop.log()
    assert "a-password" not in ended.output


def test_the_first_run_is_green_and_deploys_nothing(shop: Workshop) -> None:
    ended = shop.jenkins(**MAIN, ONLY="Publish,Staging")

    assert (ended.failed, ended.passed) == ([], []), ended.output
    assert re.findall(r"^.* skipped$", ended.output, re.MULTILINE)[-4:-2] == [
        "[Publish] skipped",
        "[Staging] skipped",
    ]


def test_a_tag_is_released_and_goes_to_production_when_somebody_says_so(shop: Workshop) -> None:
    shop.change("CHANGELOG.md", CHANGELOG)
    shop.git("tag", "v1.0.0")
    shop.send_image()
    with site() as production:
        variables = to_a_server(shop, production.address, "PRODUCTION")
        refused = shop.jenkins(**TAG, **variables)
        asked_meanwhile = list(production.asked)
        ended = shop.jenkins(**TAG, **variables, APPROVE="yes")

    assert (refused.passed, refused.failed) == (["Release"], ["Production"]), refused.output
    assert asked_meanwhile == []
    assert (ended.passed, ended.failed) == (["Release", "Production"], []), ended.output
    assert "[Production] asks: Bring this version into production?" in ended.output
    assert production.asked == ["GET /health/ready"]


def test_a_pull_request_is_compared_with_its_base_and_the_night_looks_for_vulnerabilities(
    shop: Workshop,
) -> None:
    change = shop.jenkins(**CHANGE, ONLY="Compare")
    with advisories() as variables:
        night = shop.jenkins(**NIGHT, **variables, ONLY="Image,Security")

    assert (change.passed, change.failed) == (["Compare"], []), change.output
    assert (night.passed, night.failed) == (["Image", "Security"], []), night.output


Plant = Callable[[Workshop], None]
FAULTS: dict[str, tuple[Plant, dict[str, str], str, str]] = {
    "an import that nobody uses": (unused_import, MAIN, "Lint", "F401"),
    "a test that fails": (expectation_that_is_wrong, MAIN, "Tests", "test_value_that_is_too_long"),
    "an image that cannot be built": (file_that_is_missing, MAIN, "Image", "nowhere.css"),
    "a server that does not start": (server_that_does_not_start, MAIN, "Image", "It does not start."),
    "an operation that is gone": (operation_that_is_gone, CHANGE, "Compare", "GET /api/v1/gone/ is gone"),
    "a change that the changelog does not tell": (
        change_without_news,
        CHANGE,
        "Compare",
        "no file in changelog.d/",
    ),
    "a system that is old": (old_system, NIGHT, "Security", "CVE-"),
    "a release without notes": (nothing, TAG, "Release", "CHANGELOG.md"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_turns_its_stage_red_and_nothing_is_deployed(fault: str, shop: Workshop) -> None:
    plant, event, stage, said = FAULTS[fault]
    plant(shop)

    with site() as anywhere, advisories() as variables:
        ended = shop.jenkins(**event, **variables, **to_a_server(shop, anywhere.address), ONLY=stage)

    assert ended.failed == [stage], ended.output
    assert said in ended.output
    assert "[Production] not reached" in ended.output
    assert anywhere.asked == []


def test_a_tag_without_an_image_does_not_go_to_production(shop: Workshop) -> None:
    shop.change("CHANGELOG.md", CHANGELOG)
    shop.git("tag", "v1.0.0")
    with site() as production:
        ended = shop.jenkins(**TAG, **to_a_server(shop, production.address, "PRODUCTION"), APPROVE="yes")

    assert ended.failed == ["Production"], ended.output
    assert "main's pipeline has not passed with this commit" in ended.output
    assert production.asked == []


MISTAKES = {
    "a step that does not exist": (
        "sh 'uv run just lint'",
        "shell 'uv run just lint'",
        "'shell' is not allowed",
    ),
    "a brace too few": ("agent none", "agent none\n    options {", "startup failed"),
    "a step outside of steps": (
        "steps {\n                                sh 'uv run just lint'",
        "steps {\n }\n sh 'x' \n{",
        "'sh' is not allowed inside 'stage'",
    ),
    "a stage that does nothing": (
        "stage('Lint') {\n                            steps {",
        "stage('Lint') {\n post {",
        "needs one of steps, stages and parallel",
    ),
    "a section that is misspelt": ("triggers {", "trigers {", "'trigers' is not allowed inside 'pipeline'"),
    "a name that nobody knows": ("agent none", "agent nobody", "unknown name 'nobody'"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_language_is_found(mistake: str, project: Path, tmp_path: Path) -> None:
    right, wrong, complaint = MISTAKES[mistake]
    text = (project / "Jenkinsfile").read_text(encoding="utf-8")
    assert right in text
    file = tmp_path / "Jenkinsfile"
    file.write_text(text.replace(right, wrong, 1), encoding="utf-8")

    read = subprocess.run([*jenkins(), str(file)], capture_output=True, text=True, check=False)

    assert read.returncode == 2
    assert complaint in read.stderr
