"""The Jenkinsfile of generated projects, run by its stages: green as it is, red where a fault was planted."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from pipelines import IMAGE, Ended, Workshop, advisories, jenkins, site, workshop
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
FRESH = "BUILD_FRESH=true pipeline/image.sh"


@pytest.fixture(scope="module")
def project(bake: Bake, project_environment: dict[str, str]) -> Path:
    project = Path(bake(ci="Jenkins").project_path)
    subprocess.run(["uv", "sync", "--quiet"], cwd=project, env=project_environment, check=True)
    return project


@pytest.fixture
def shop(project: Path, tmp_path: Path, project_environment: dict[str, str]) -> Workshop:
    return workshop(project, tmp_path, project_environment)


def settle(shop: Workshop, **values: str) -> None:
    """Commit what the owner fills in at the beginning of the Jenkinsfile."""
    for name, value in values.items():
        shop.change("Jenkinsfile", f"{name} = '{value}'", instead_of=f"{name} = ''")


def to_a_server(shop: Workshop, address: str, environment: str = "STAGING") -> dict[str, str]:
    """Say where it goes; the credentials that Jenkins keeps."""
    key = shop.notes / "key"
    key.write_text("a-key\n", encoding="utf-8")
    where = {
        f"{environment}_URL": address,
        f"{environment}_TARGET": f"deploy@server:{shop.server()}",
        f"{environment}_KNOWN_HOSTS": "server the-key-of-the-server",
    }
    settle(shop, IMAGE=IMAGE, **where)
    return {"CREDENTIAL_registry": "ada:a-password", f"CREDENTIAL_{environment.lower()}_key": str(key)}


def stages_that(ended: Ended, what: str) -> list[str]:
    return re.findall(rf"^\[(.+)\] {what}$", ended.output, re.MULTILINE)


def test_first_run_is_green_and_the_next_one_goes_to_staging_once_that_is_filled_in(shop: Workshop) -> None:
    first = shop.jenkins(**MAIN)
    with site() as staging:
        credentials = to_a_server(shop, staging.address)
        # The checks of this very code have just passed.
        ended = shop.jenkins(**MAIN, **credentials, ONLY="Image,Publish,Staging")

    assert (first.failed, first.passed) == ([], ["History", "Lint", "Tests", "Image"]), first.output
    assert {"Publish", "Staging"} <= set(stages_that(first, "skipped"))
    assert (ended.failed, ended.passed) == ([], ["Image", "Publish", "Staging"]), ended.output
    assert f"[Staging] has the lock: deployment to {staging.address}" in ended.output
    assert staging.asked == ["GET /health/ready"]
    assert f"docker push {IMAGE}:{shop.git('rev-parse', 'HEAD')}" in shop.log()
    assert "a-password" not in ended.output
    assert not Path(f"{shop.project}@tmp/docker").exists()


def test_what_is_not_filled_in_is_named_and_is_not_the_word_null(shop: Workshop) -> None:
    with site() as staging:
        credentials = to_a_server(shop, staging.address)
        shop.change(
            "Jenkinsfile",
            "STAGING_TARGET = ''",
            instead_of=f"STAGING_TARGET = 'deploy@server:{shop.notes / 'server'}'",
        )
        ended = shop.jenkins(**MAIN, **credentials, ONLY="Staging")

    assert ended.failed == ["Staging"], ended.output
    assert "DEPLOY_TARGET: is not set" in ended.output


def test_without_a_registry_no_login_is_sent_anywhere(shop: Workshop) -> None:
    shop.git("tag", "v1.0.0")
    settle(shop, PRODUCTION_URL="https://shop.example.com")

    ended = shop.jenkins(**TAG, CREDENTIAL_registry="ada:a-password", APPROVE="yes", ONLY="Deployment")

    assert "Production" in stages_that(ended, "skipped"), ended.output
    assert "docker login" not in ended.output


def test_a_tag_is_released_and_goes_to_production_when_somebody_says_so(shop: Workshop) -> None:
    shop.change("CHANGELOG.md", CHANGELOG)
    with site() as production:
        credentials = to_a_server(shop, production.address, "PRODUCTION")
        settle(shop, PRODUCTION_APPROVERS="ada,releasers")
        shop.git("tag", "v1.0.0")
        shop.send_image()
        refused = shop.jenkins(**TAG, **credentials)
        asked_meanwhile = list(production.asked)
        ended = shop.jenkins(**TAG, **credentials, APPROVE="yes")

    assert (refused.passed, refused.failed) == (["Release"], ["Approval"]), refused.output
    assert asked_meanwhile == []
    assert (ended.passed, ended.failed) == (["Release", "Approval", "Deployment"], []), ended.output
    assert "[Approval] asks ada,releasers: Bring this version into production?" in ended.output
    assert f"[Deployment] has the lock: deployment to {production.address}" in ended.output
    assert production.asked == ["GET /health/ready"]


def test_clone_without_what_changes_are_compared_with_is_refused_with_the_setting(shop: Workshop) -> None:
    shop.change("CHANGELOG.md", CHANGELOG)
    shop.git("commit", "--quiet", "--allow-empty", "--message=The next one")
    without_tags = shop.jenkins(**MAIN, ONLY="History")
    shop.git("tag", "v1.0.0", "HEAD^")
    complete = shop.jenkins(**MAIN, ONLY="History")
    shop.git("update-ref", "-d", "refs/remotes/origin/main")
    without_main = shop.jenkins(**CHANGE, ONLY="History")

    assert [run.failed for run in (without_tags, complete, without_main)] == [["History"], [], ["History"]]
    assert "this clone has no tag v1.0.0" in without_tags.output
    assert "'Advanced clone behaviours'" in without_tags.output
    assert "This clone has no origin/main." in without_main.output
    assert "'Specify ref specs'" in without_main.output


def test_a_pull_request_is_compared_with_its_base_and_the_night_looks_for_vulnerabilities_only(
    shop: Workshop,
) -> None:
    change = shop.jenkins(**CHANGE, ONLY="Compare")
    with advisories() as variables, site() as staging:
        credentials = to_a_server(shop, staging.address)
        night = shop.jenkins(**NIGHT, **variables, **credentials, ONLY="Security,Publish,Staging")

    assert (change.passed, change.failed) == (["Compare"], []), change.output
    assert (night.passed, night.failed) == (["Security"], []), night.output
    built, scanned = (night.output.index(f"[Security] sh: {what}") for what in (FRESH, "pipeline/scan.sh"))
    assert built < scanned
    assert staging.asked == []


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
    with site() as production:
        credentials = to_a_server(shop, production.address, "PRODUCTION")
        shop.git("tag", "v1.0.0")
        ended = shop.jenkins(**TAG, **credentials, APPROVE="yes", ONLY="Approval,Deployment")

    assert ended.failed == ["Deployment"], ended.output
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
        "    sh 'uv run just lint'\n                            }",
        "    echo 'x'\n}\nsh 'uv run just lint'",
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
