"""The Jenkinsfile: the same checks as on your machine, gates before a deployment, keys only where needed."""

import re

import pytest

from tests.processes import PROJECT_DIR
from tests.verbs import CHECKS

TEXT = (PROJECT_DIR / "Jenkinsfile").read_text(encoding="utf-8")
# What each stage runs, in the order of the file.
STAGES = re.findall(r"^ *stage\('([^']+)'\)", TEXT, flags=re.MULTILINE)
SHELL = re.compile(r"^ *sh '(.*)'$", re.MULTILINE)

gates = pytest.mark.lesson("cd-gates-and-jenkins-parity")


def body(stage: str) -> str:
    """The text of a stage, up to the next."""
    _, _, rest = TEXT.partition(f"stage('{stage}')")
    return re.split(r"^ *stage\(", rest, maxsplit=1, flags=re.MULTILINE)[0]


@gates
def test_every_commit_is_checked_by_the_verbs_of_just_check() -> None:
    checks = "".join(body(stage) for stage in ("Lint", "Tests", "Image"))

    verbs = re.findall(r"uv run just (\w+)", checks)

    assert verbs == CHECKS


@gates
def test_stages_come_in_the_order_of_their_gates() -> None:
    order = ["Checks", "Lint", "Tests", "Image", "Publish", "Staging", "Release", "Approval", "Deployment"]

    assert [stage for stage in STAGES if stage in order] == order


@gates
def test_production_is_asked_for_and_no_agent_waits_meanwhile() -> None:
    assert "buildingTag()" in body("Production")
    assert "submitter: env.PRODUCTION_APPROVERS" in body("Approval")
    assert "agent {" not in body("Production") + body("Approval")
    text = body("Deployment")
    assert text.index("pipeline/image.sh digest") < text.index("pipeline/deploy.sh production")


@gates
def test_time_to_think_is_not_the_time_to_deploy() -> None:
    assert "timeout(time: 1, unit: 'DAYS')" in body("Approval")
    assert "timeout(time: 45, unit: 'MINUTES')" in body("Deployment")


@gates
def test_two_deployments_to_one_environment_wait_for_each_other() -> None:
    assert "disableConcurrentBuilds()" in TEXT
    for stage, name in (("Staging", "STAGING"), ("Deployment", "PRODUCTION")):
        text = body(stage)
        lock = text.index(f'lock("deployment to ${{env.{name}_URL}}")')
        assert lock < text.index("pipeline/deploy.sh")


@gates
def test_nothing_is_kept_or_deployed_at_night() -> None:
    for stage in ("Publish", "Staging"):
        assert "not { triggeredBy 'TimerTrigger' }" in body(stage)


@gates
def test_login_is_gone_after_the_stage_that_needs_it() -> None:
    for stage in (stage for stage in STAGES if "docker login" in body(stage)):
        text = body(stage)
        assert 'DOCKER_CONFIG = "${env.WORKSPACE_TMP}/docker"' in text
        assert """sh 'rm -rf "$DOCKER_CONFIG"'""" in text.partition("cleanup {")[2]


def test_clone_is_asked_for_its_history_before_anything_is_compared() -> None:
    assert STAGES[:3] == ["Every commit", "History", "Checks"]


@gates
def test_credentials_are_bound_where_they_are_needed_and_written_nowhere() -> None:
    bound = set(re.findall(r"credentialsId: '([^']+)'", TEXT))

    assert bound == {"registry", "staging-key", "production-key"}
    assert "credentials(" not in TEXT
    # In single quotes: Groovy would write a secret into the command, and so into the log.
    assert re.findall(r'^ *sh "', TEXT, flags=re.MULTILINE) == []


def test_reports_are_those_that_the_tests_write() -> None:
    assert "junit 'reports/junit.xml'" in TEXT
    assert "pattern: 'reports/coverage.xml'" in TEXT
    assert len(SHELL.findall(TEXT)) == TEXT.count("sh '")
