"""The workflows of GitHub Actions: real services, gates before a deployment, few rights, fixed actions."""

import re
import shlex
from typing import Any

import pytest
import yaml

from tests import workflows
from tests.processes import PROJECT_DIR
from tests.verbs import CHECKS

COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT_DIR / "compose.yaml").read_text(encoding="utf-8"))
TESTS: dict[str, Any] = workflows.read(workflows.FOLDER / "tests.yml")["jobs"]["tests"]
SERVICES: dict[str, dict[str, Any]] = TESTS["services"]
DEPLOY: dict[str, Any] = workflows.read(workflows.FOLDER / "deploy.yml")
DOCKERFILE = (PROJECT_DIR / "docker" / "Dockerfile").read_text(encoding="utf-8")

real_services = pytest.mark.lesson("ci-real-services")
gates = pytest.mark.lesson("cd-gates-and-jenkins-parity")


@real_services
def test_steps_begin_when_every_service_is_healthy() -> None:
    options = {name: service.get("options", "") for name, service in SERVICES.items()}

    assert [name for name, text in options.items() if "--health-cmd" not in text] == [], (
        "Without --health-cmd the steps begin when the container has started, which is before it answers."
    )


@real_services
def test_services_are_those_of_development_and_asked_in_the_same_way() -> None:
    images = {name: service["image"] for name, service in SERVICES.items()}
    programs = {name: option("--health-cmd", service).split()[0] for name, service in SERVICES.items()}
    users = {name: option("--user", service) for name, service in SERVICES.items()}

    assert images == {name: COMPOSE["services"][name]["image"] for name in SERVICES}
    assert users == {name: COMPOSE["services"][name]["user"] for name in SERVICES}
    assert SERVICES.keys() == COMPOSE["services"]["tests"]["depends_on"].keys()
    for name, program in programs.items():
        assert program in str(COMPOSE["services"][name]["healthcheck"]["test"])


def option(name: str, service: dict[str, Any]) -> str:
    words = shlex.split(service["options"])
    return words[words.index(name) + 1]


@real_services
def test_tests_find_every_service_at_a_port_that_is_published() -> None:
    published = {str(port).partition(":")[0] for service in SERVICES.values() for port in service["ports"]}
    addresses = [TESTS["env"][name] for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")]

    used = {match[1] for text in addresses if (match := re.search(r"@?127\.0\.0\.1:(\d+)/", text))}

    assert used == published


@real_services
def test_steps_run_on_the_python_and_the_uv_of_the_image() -> None:
    python, uv = (
        re.findall(rf"^FROM {name}:([\d.]+)", DOCKERFILE, flags=re.MULTILINE)
        for name in ("python", "ghcr.io/astral-sh/uv")
    )
    chosen = [
        step["with"]
        for job in workflows.jobs_of().values()
        for step in workflows.steps(job)
        if "setup-uv" in step.get("uses", "")
    ]

    assert {str(given["python-version"]) for given in chosen} == set(python)
    # Without a version it would be the newest, in the job that signs too.
    assert {str(given["version"]).removesuffix(".x") for given in chosen} == set(uv)


@gates
def test_pull_requests_are_checked_by_the_verbs_of_just_check() -> None:
    run = [command for command in workflows.commands("ci.yml", "tests.yml") if "just" in command.split()]

    verbs = [command.split()[3] for command in run]

    assert sorted(verbs) == sorted([*CHECKS, "breaks", "news-check"])


@gates
def test_nothing_goes_to_staging_before_its_checks_have_passed() -> None:
    before = workflows.waits_for("staging", DEPLOY["jobs"])

    assert before[-2:] == ["ci", "image"]
    assert {"ci / lint", "ci / tests"} <= set(before)
    assert "needs.image.result == 'success'" in DEPLOY["jobs"]["staging"]["if"]


@gates
def test_image_of_main_is_made_though_the_called_workflow_leaves_a_job_out() -> None:
    called = workflows.read(workflows.FOLDER / "ci.yml")["jobs"]

    left_out = [name for name, job in called.items() if "pull_request" in job.get("if", "")]

    assert left_out == ["image"]
    # A job that does not say otherwise is left out with any before it, those of a called workflow too.
    assert DEPLOY["jobs"]["image"]["if"] == "${{ !cancelled() && needs.ci.result == 'success' }}"


@gates
@pytest.mark.parametrize("name", ["staging", "production"])
def test_only_a_version_with_an_image_is_deployed_and_its_checks_have_passed(name: str) -> None:
    run = [step.get("run", "") for step in workflows.steps(DEPLOY["jobs"][name])]
    asks = next(number for number, text in enumerate(run) if "pipeline/image.sh digest" in text)
    goes = next(number for number, text in enumerate(run) if f"pipeline/deploy.sh {name}" in text)
    pushes = [text for text in workflows.commands() if "pipeline/image.sh push" in text]

    assert asks < goes
    # By one job only, which comes after the checks.
    assert len(pushes) == 1
    assert "ci" in workflows.waits_for("image", DEPLOY["jobs"])


@gates
@pytest.mark.parametrize("name", ["staging", "production"])
def test_there_is_one_deployment_to_an_environment_at_a_time(name: str) -> None:
    job = DEPLOY["jobs"][name]

    assert job["concurrency"] == {"group": f"deploy-to-{name}", "cancel-in-progress": False}
    assert job["environment"]["name"] == name


@gates
def test_commit_that_main_has_left_behind_does_not_wait_for_staging() -> None:
    image, staging = (DEPLOY["jobs"][name] for name in ("image", "staging"))
    [step] = [step for step in workflows.steps(image) if step.get("id") == "newest"]

    assert "heads/main" in step["run"]
    assert image["outputs"] == {"newest": "${{ steps.newest.outputs.newest }}"}
    assert "needs.image.result == 'success' && needs.image.outputs.newest == 'true'" in staging["if"]


@gates
def test_nothing_is_deployed_before_somebody_has_said_where_to() -> None:
    conditions = {name: DEPLOY["jobs"][name]["if"] for name in ("staging", "production")}

    assert "vars.STAGING_URL != ''" in conditions["staging"]
    assert "vars.PRODUCTION_URL != ''" in conditions["production"]


@gates
def test_every_job_has_the_rights_that_it_names_and_no_others() -> None:
    assert {name: file["permissions"] for name, file in workflows.workflows().items()} == {
        name: {} for name in workflows.workflows()
    }
    assert [name for name, job in workflows.jobs_of().items() if "permissions" not in job] == []
    writing = {name for name, job in workflows.jobs_of().items() if "write" in job["permissions"].values()}
    assert writing == {"deploy.yml: image", "release.yml: release"}


@gates
def test_every_job_has_an_end() -> None:
    jobs = {name: job for name, job in workflows.jobs_of().items() if "steps" in job}

    assert [name for name, job in jobs.items() if "timeout-minutes" not in job] == []


@gates
@pytest.mark.parametrize("name", ["deploy.yml: production", "release.yml: release"])
def test_a_tag_waits_longer_for_its_checks_than_they_can_take(name: str) -> None:
    jobs = workflows.jobs_of()
    [step] = [step for step in workflows.steps(jobs[name]) if "WAIT_SECONDS" in step.get("env", {})]
    waits = max(int(number) for number in re.findall(r"\d+", str(step["env"]["WAIT_SECONDS"]))) / 60

    checks = jobs["tests.yml: tests"]["timeout-minutes"] + jobs["deploy.yml: image"]["timeout-minutes"]

    assert checks < waits < jobs[name]["timeout-minutes"]


@gates
def test_actions_are_named_by_what_they_are_and_not_by_a_tag_that_moves() -> None:
    pinned = re.compile(r"[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
    foreign = [action for action in workflows.actions() if not action.startswith("./")]

    assert foreign
    assert [action for action in foreign if not pinned.fullmatch(action)] == []


@gates
def test_branch_rules_need_only_one_job_which_fails_with_any_other() -> None:
    jobs = workflows.read(workflows.FOLDER / "ci.yml")["jobs"]

    assert set(workflows.needs(jobs["passed"])) == jobs.keys() - {"passed"}
    assert jobs["passed"]["if"] == "always()"
