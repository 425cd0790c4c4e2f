"""``deploy/kubernetes``: what it says is whole, and its pods start and answer their probes."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from apps.core.health.middleware import LIVE_PATH, READY_PATH
from config.env import Environment
from devtools.errors import DevtoolsError
from tests import manifests, processes
from tests.manifests import BASE, FOLDER, OVERLAYS, SECRETS, Manifests, Object
from tests.test_environment import FOR_DEVELOPMENT, as_written

# Brought by people, or by other programs of the cluster.
SECRETS_FROM_ELSEWHERE = {SECRETS, "web-tls"}
LONG_LIVED = ["web", "worker", "worker-reports", "beat"]
VARIABLE = re.compile(r"^(?:# )?([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)


@pytest.fixture(scope="module", params=[BASE, *OVERLAYS])
def source(request: pytest.FixtureRequest) -> Manifests:
    """The base as its files say, which takes no tool, and the overlays as the cluster gets them."""
    return manifests.read_base() if request.param == BASE else rendered(request.param)


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> Manifests:
    return rendered(request.param)


def rendered(folder: str) -> Manifests:
    if not manifests.kustomize():
        pytest.skip("There is neither kubectl nor kustomize on PATH to render an overlay with.")
    return manifests.render(folder)


def names(items: list[Object]) -> set[str]:
    return {item["metadata"]["name"] for item in items}


def labels_of_pods(workload: Object) -> dict[str, str]:
    labels: dict[str, str] = workload["spec"]["template"]["metadata"]["labels"]
    return labels


# --- Objects that have to fit together ---


def test_every_kind_of_object_is_there(source: Manifests) -> None:
    assert {item["kind"] for item in source.objects} >= {
        "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job", "NetworkPolicy",
        "PodDisruptionBudget", "Service", "ServiceAccount",
    }  # fmt: skip
    assert source.workloads.keys() >= {*LONG_LIVED, "release"}


def test_every_selector_selects_pods(source: Manifests) -> None:
    pods = [labels_of_pods(workload) for workload in source.workloads.values()]

    assert [
        where for where, labels in selectors(source) if not any(labels.items() <= pod.items() for pod in pods)
    ] == []


def selectors(source: Manifests) -> Iterator[tuple[str, dict[str, str]]]:
    """Each selector of labels, with the object that it stands in."""
    for item in source.objects:
        where, spec = f"{item['kind']} {item['metadata']['name']}", item.get("spec", {})
        found: list[dict[str, Any]] = []
        if item["kind"] == "Service":
            found = [{"matchLabels": spec["selector"]}]
        elif item["kind"] == "NetworkPolicy":
            found = [spec["podSelector"]]
        elif item["kind"] in ("Deployment", "PodDisruptionBudget"):
            found = [spec["selector"]]
        for selector in found:
            if "matchLabels" in selector:
                yield where, selector["matchLabels"]
            for expression in selector.get("matchExpressions", []):
                yield from ((where, {expression["key"]: value}) for value in expression["values"])


def test_a_deployment_selects_its_own_pods_and_no_others(source: Manifests) -> None:
    selected = {
        name: {
            other
            for other, workload in source.workloads.items()
            if deployment["spec"]["selector"]["matchLabels"].items() <= labels_of_pods(workload).items()
        }
        for name, deployment in source.workloads.items()
        if deployment["kind"] == "Deployment"
    }

    assert selected == {name: {name} for name in selected}


def test_pods_are_spread_by_their_own_labels(source: Manifests) -> None:
    spread = {
        name: [
            rule["labelSelector"]["matchLabels"]
            for rule in manifests.pod_of(workload)["topologySpreadConstraints"]
        ]
        for name, workload in source.workloads.items()
        if "topologySpreadConstraints" in manifests.pod_of(workload)
    }

    assert spread.keys() == {"web", "worker", "worker-reports"}
    assert [
        name
        for name, rules in spread.items()
        if not all(rule.items() <= labels_of_pods(source.workloads[name]).items() for rule in rules)
    ] == []


@pytest.mark.lesson("k8s-config-and-resources")
def test_every_reference_leads_somewhere(source: Manifests) -> None:
    known = {(item["kind"], item["metadata"]["name"]) for item in source.objects}
    brought = {("Secret", name) for name in SECRETS_FROM_ELSEWHERE}

    assert {reference for item in source.objects for reference in references(item)} - known - brought == set()


def references(item: Object) -> Iterator[tuple[str, str]]:
    if item["kind"] in manifests.WORKLOADS:
        pod = manifests.pod_of(item)
        yield "ServiceAccount", pod["serviceAccountName"]
        for entry in manifests.container_of(item)["envFrom"]:
            if "configMapRef" in entry:
                yield "ConfigMap", entry["configMapRef"]["name"]
            else:
                yield "Secret", entry["secretRef"]["name"]
        for volume in pod.get("volumes", []):
            if "persistentVolumeClaim" in volume:
                yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]
    elif item["kind"] == "HorizontalPodAutoscaler":
        yield item["spec"]["scaleTargetRef"]["kind"], item["spec"]["scaleTargetRef"]["name"]
    elif item["kind"] == "Ingress":
        yield from (("Secret", tls["secretName"]) for tls in item["spec"]["tls"])
        for rule in item["spec"]["rules"]:
            yield from (("Service", path["backend"]["service"]["name"]) for path in rule["http"]["paths"])


def test_every_port_that_is_named_is_there(source: Manifests) -> None:
    web, service = source.workload("web"), source.get("Service", "web")
    ingress, policy = source.get("Ingress", "web"), source.get("NetworkPolicy", "proxy-to-web")
    assert service
    assert ingress
    assert policy
    opened = {port["name"] for port in manifests.container_of(web)["ports"]}
    offered = {port["name"] for port in service["spec"]["ports"]}

    backends = {
        path["backend"]["service"]["port"]["name"] for path in ingress["spec"]["rules"][0]["http"]["paths"]
    }
    let_in = {port["port"] for rule in policy["spec"]["ingress"] for port in rule["ports"]}
    targets = {port["targetPort"] for port in service["spec"]["ports"]}
    assert backends <= offered
    assert let_in | targets <= opened


def test_every_volume_is_mounted_and_every_mount_has_one(source: Manifests) -> None:
    assert [
        name
        for name, workload in source.workloads.items()
        if {volume["name"] for volume in manifests.pod_of(workload).get("volumes", [])}
        != {mount["name"] for mount in manifests.container_of(workload).get("volumeMounts", [])}
    ] == []


def test_what_comes_before_the_roll_out_is_marked(source: Manifests) -> None:
    before = {item["kind"] for item in source.objects if "release-step" in item["metadata"].get("labels", {})}
    after = {item["kind"] for item in source.objects} - before

    assert before >= {"Job", "NetworkPolicy", "ServiceAccount"}
    assert after >= {"Deployment", "HorizontalPodAutoscaler", "Ingress", "PodDisruptionBudget", "Service"}


def test_what_the_job_needs_comes_with_it(overlay: Manifests) -> None:
    marked = {
        (item["kind"], item["metadata"]["name"])
        for item in overlay.objects
        if "release-step" in item["metadata"].get("labels", {})
    }

    # The Secret is there already.
    assert {each for each in references(overlay.workload("release")) if each[0] != "Secret"} <= marked


# --- Variables ---


def written(file: str) -> dict[str, str]:
    """The variables of a file, commented ones too."""
    return dict(VARIABLE.findall((FOLDER / BASE / file).read_text(encoding="utf-8")))


def secret_names() -> set[str]:
    return {
        name
        for name, field in Environment.model_fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("secret")
    }


@pytest.mark.lesson("k8s-config-and-resources")
def test_every_variable_of_the_environment_has_its_place() -> None:
    public, secret = written("settings.env"), written("secrets.env.example")

    assert public.keys() | secret.keys() | FOR_DEVELOPMENT == Environment.model_fields.keys()
    assert secret.keys() == secret_names() - FOR_DEVELOPMENT
    assert public.keys() & secret.keys() == set()


def test_commented_settings_show_the_defaults() -> None:
    text = (FOLDER / BASE / "settings.env").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^# ([A-Z][A-Z_]+)=(.*)$", text, re.MULTILINE))

    assert shown == {name: as_written(Environment.model_fields[name].default) for name in shown}


def test_no_setting_is_unknown_to_the_project(source: Manifests) -> None:
    data = {name for item in source.of("ConfigMap") for name in item["data"]}

    assert data - Environment.model_fields.keys() == set()


def test_overlay_says_the_same_host_everywhere(overlay: Manifests) -> None:
    ingress, (config,) = overlay.get("Ingress", "web"), overlay.of("ConfigMap")
    assert ingress
    hosts = [rule["host"] for rule in ingress["spec"]["rules"]]

    assert ingress["spec"]["tls"][0]["hosts"] == hosts
    assert config["data"]["ALLOWED_HOSTS"].split(",") == hosts
    assert config["data"]["SITE_URL"] == f"https://{hosts[0]}"


def test_no_variable_of_a_service_is_put_into_a_pod(source: Manifests) -> None:
    """A service "web" would bring WEB_PORT, which is a number here and an address there."""
    assert [
        n for n, w in source.workloads.items() if manifests.pod_of(w).get("enableServiceLinks", True)
    ] == []


# --- Rights and resources ---


def test_pods_are_as_restricted_as_can_be(source: Manifests) -> None:
    assert [name for name, workload in source.workloads.items() if not is_restricted(workload)] == []


def is_restricted(workload: Object) -> bool:
    """Pod Security "restricted", and nothing written outside of volumes."""
    pod, container = manifests.pod_of(workload), manifests.container_of(workload)
    mine, its = pod["securityContext"], container["securityContext"]
    return (
        mine["runAsNonRoot"] is True
        and mine["runAsUser"] >= 10000
        and mine["seccompProfile"] == {"type": "RuntimeDefault"}
        and its["allowPrivilegeEscalation"] is False
        and its["readOnlyRootFilesystem"] is True
        and its["capabilities"] == {"drop": ["ALL"]}
        and pod["automountServiceAccountToken"] is False
    )


def test_user_of_the_pods_is_that_of_the_image(source: Manifests) -> None:
    dockerfile = (processes.PROJECT_DIR / "docker" / "Dockerfile").read_text(encoding="utf-8")
    *_, user = re.findall(r"^USER (\d+):(\d+)$", dockerfile, re.MULTILINE)
    contexts = [manifests.pod_of(workload)["securityContext"] for workload in source.workloads.values()]

    assert {(str(c["runAsUser"]), str(c["runAsGroup"])) for c in contexts} == {user}


def test_image_of_an_overlay_is_one_version(overlay: Manifests) -> None:
    (image,) = {manifests.container_of(workload)["image"] for workload in overlay.workloads.values()}

    assert re.fullmatch(r".+/.+:(?!latest)[\w.-]+|.+@sha256:\w{64}", image)


@pytest.mark.lesson("k8s-config-and-resources")
def test_every_container_says_what_it_needs_and_what_it_may_take(source: Manifests) -> None:
    incomplete = [
        name
        for name, workload in source.workloads.items()
        if any(
            manifests.container_of(workload)["resources"].get(kind, {}).keys() != {"cpu", "memory"}
            for kind in ("requests", "limits")
        )
    ]

    assert incomplete == []


UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def in_bytes(quantity: str) -> int:
    return int(quantity[:-2]) * UNITS[quantity[-2:]]


def value_of(source: Manifests, name: str) -> int:
    """A setting of the ConfigMap, or its default."""
    data = next(item["data"] for item in source.of("ConfigMap"))
    return int(data.get(name, Environment.model_fields[name].default))


def test_processes_of_a_worker_fit_into_its_memory(source: Manifests) -> None:
    largest = value_of(source, "CELERY_WORKER_MAX_MEMORY_PER_CHILD") * 1024
    needed = value_of(source, "CELERY_WORKER_CONCURRENCY") * largest + in_bytes("128Mi")

    assert [
        name
        for name in ("worker", "worker-reports")
        if in_bytes(manifests.container_of(source.workload(name))["resources"]["limits"]["memory"]) < needed
    ] == []


def test_pods_may_end_in_their_time(source: Manifests) -> None:
    web = manifests.pod_of(source.workload("web"))
    prestop = manifests.container_of(source.workload("web"))["lifecycle"]["preStop"]["sleep"]["seconds"]
    worker = value_of(source, "CELERY_WORKER_GRACE_SECONDS")

    assert web["terminationGracePeriodSeconds"] > prestop + value_of(source, "WEB_GRACE_SECONDS")
    assert [
        name
        for name in ("worker", "worker-reports")
        if manifests.pod_of(source.workload(name))["terminationGracePeriodSeconds"] < worker + 5
    ] == []


# --- How many, and what each does ---


def test_there_is_one_scheduler_at_a_time(source: Manifests) -> None:
    beat = source.workload("beat")

    assert (beat["spec"]["replicas"], beat["spec"]["strategy"]["type"]) == (1, "Recreate")


def test_number_of_pods_is_said_once(source: Manifests) -> None:
    scaled = {item["spec"]["scaleTargetRef"]["name"] for item in source.of("HorizontalPodAutoscaler")}

    assert [name for name in scaled if "replicas" in source.workload(name)["spec"]] == []


def test_every_disruption_budget_has_one_bound_that_lets_a_node_be_drained(source: Manifests) -> None:
    budgets = source.of("PodDisruptionBudget")

    assert names(budgets) >= {"web", "worker", "worker-reports"}
    assert [
        b["spec"] for b in budgets if b["spec"].get("maxUnavailable") != 1 or "minAvailable" in b["spec"]
    ] == []


def test_every_queue_is_read_by_a_worker(source: Manifests) -> None:
    commands = [manifests.command_of(workload) for workload in source.workloads.values()]
    read = {
        queue
        for command in commands
        if "-Q" in command
        for queue in command[command.index("-Q") + 1].split(",")
    }

    assert read == {queue.name for queue in settings.CELERY_TASK_QUEUES}


def test_release_is_a_job_and_nothing_else_migrates(source: Manifests) -> None:
    migrating = {
        (workload["kind"], name)
        for name, workload in source.workloads.items()
        if {"release", "migrate"} & set(manifests.command_of(workload))
    }

    assert migrating == {("Job", "release")}
    assert [n for n, w in source.workloads.items() if "initContainers" in manifests.pod_of(w)] == []


def test_nothing_is_let_in_or_out_that_is_not_named(source: Manifests) -> None:
    closed = source.get("NetworkPolicy", "nothing-else")

    assert closed
    assert closed["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


# --- Probes ---


def probes(workload: Object) -> dict[str, Object]:
    container = manifests.container_of(workload)
    return {kind: container[kind] for kind in manifests.PROBES if kind in container}


@pytest.mark.lesson("k8s-probe-host-and-health")
def test_every_pod_that_stays_has_probes(source: Manifests) -> None:
    kinds = {name: set(probes(source.workload(name))) for name in LONG_LIVED}

    behind = {"startupProbe", "livenessProbe"}
    assert kinds == {**dict.fromkeys(LONG_LIVED, behind), "web": {*behind, "readinessProbe"}}


@pytest.mark.lesson("k8s-probe-host-and-health")
def test_liveness_depends_on_nothing_and_readiness_on_everything(source: Manifests) -> None:
    paths = {kind: probe["httpGet"]["path"] for kind, probe in probes(source.workload("web")).items()}

    assert paths == {"startupProbe": LIVE_PATH, "readinessProbe": READY_PATH, "livenessProbe": LIVE_PATH}


@pytest.mark.lesson("k8s-probe-host-and-health")
def test_probe_of_another_address_brings_a_host_and_says_that_tls_ended(source: Manifests) -> None:
    """Only the health addresses answer to any host, and over plain HTTP."""
    asked = [p["httpGet"] for w in source.workloads.values() for p in probes(w).values() if "httpGet" in p]
    others = [request for request in asked if request["path"] not in (LIVE_PATH, READY_PATH)]

    assert [
        request for request in others if not {"Host", "X-Forwarded-Proto"} <= names_of_headers(request)
    ] == []


def names_of_headers(request: Mapping[str, Any]) -> set[str]:
    return {header["name"] for header in request.get("httpHeaders", [])}


# From here on the containers' commands are run, with services of their own.


@pytest.fixture(scope="module")
def found() -> Iterator[dict[str, str]]:
    """The addresses of empty services."""
    if sys.platform == "win32":
        pytest.skip("Pods run on Linux.")
    try:
        with manifests.services_here() as found:
            yield found
    except DevtoolsError as error:
        pytest.skip(f"The services cannot be started here: {error}")


@pytest.fixture(scope="module")
def released(found: dict[str, str]) -> dict[str, str]:
    """The services after the job."""
    base = manifests.read_base()
    job = base.workload("release")
    done = manifests.run_to_its_end(manifests.command_of(job), manifests.variables_for(base, job, found))
    assert done.returncode == 0, done.stdout
    return found


@pytest.mark.lesson("k8s-config-and-resources")
@pytest.mark.parametrize("name", [*LONG_LIVED, "release"])
def test_container_finds_a_complete_environment(name: str, source: Manifests, found: dict[str, str]) -> None:
    variables = manifests.variables_for(source, source.workload(name), found)

    result = processes.run_python("-c", "import config.env", environment=variables)

    assert result.returncode == 0, result.stderr


@pytest.mark.lesson("k8s-probe-host-and-health")
@pytest.mark.parametrize("name", LONG_LIVED)
def test_running_pod_answers_its_probes(name: str, released: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "log"

    events = manifests.events(manifests.read_base(), name, released, log)

    assert events == [], log.read_text()


def test_pod_that_stops_ends_by_itself(released: dict[str, str], tmp_path: Path) -> None:
    base, log = manifests.read_base(), tmp_path / "log"
    web = base.workload("web")
    variables = manifests.variables_for(base, web, released, PORT=str(processes.free_port()))

    with manifests.running(web, variables, log) as process:
        manifests.wait_until_at_work(process, log)

    assert process.returncode == 0, log.read_text()


# --- The order of a release ---


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    """A folder with a kubectl that only notes what it is asked; it renders as the real one does."""
    real = shutil.which("kubectl")
    if not real or not shutil.which("bash"):
        pytest.skip("There is no kubectl on PATH to render an overlay with.")
    fake = tmp_path / "kubectl"
    fake.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = kustomize ] && exec {real} "$@"\n'
        f'echo "$@" >>{tmp_path}/asked\n'
        'case "$*" in\n'
        '*"get job release"*) echo "$OUTCOME" ;;\n'
        '*"get deployments"*) echo deployment.apps/web ;;\n'
        "esac\n"
    )
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def release(cluster: Path, outcome: str) -> tuple[int, list[str]]:
    """How the script ended, and what it asked of the cluster, each up to its first option."""
    environment = os.environ | {"PATH": f"{cluster}{os.pathsep}{os.environ['PATH']}", "OUTCOME": outcome}
    done = subprocess.run(
        ["bash", str(FOLDER / "release.sh"), "production"], env=environment, check=False, capture_output=True
    )
    asked = (cluster / "asked").read_text(encoding="utf-8").splitlines()
    return done.returncode, [re.sub(r"--(namespace|filename) \S+ ?", "", line) for line in asked]


def test_release_migrates_before_it_exchanges_anything(cluster: Path) -> None:
    status, asked = release(cluster, "SuccessCriteriaMet Complete")

    assert status == 0
    changes = [line for line in asked if not line.startswith("get job")]
    assert changes == [
        "delete job release --ignore-not-found",
        "apply --selector release-step=before",
        "logs job/release --tail=50",
        "apply --selector !release-step",
        "get deployments --output name",
        "rollout status deployment.apps/web --timeout=10m",
    ]


def test_release_that_failed_exchanges_nothing(cluster: Path) -> None:
    status, asked = release(cluster, "FailureTarget Failed")

    assert status == 1
    assert "apply --selector !release-step" not in asked
