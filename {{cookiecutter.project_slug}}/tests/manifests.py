"""Read ``deploy/kubernetes``, and run a pod of it here as a kubelet does, with services of its own.

    uv run python -m tests.manifests start worker
    uv run python -m tests.manifests probe web

``start`` prints what the pod prints until it ends, or for some seconds. ``probe`` asks what the probes of a
running pod ask, as they ask it, and tells the events that would be seen.
"""

import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml
from dotenv import dotenv_values

from devtools import services
from tests import processes

FOLDER = processes.PROJECT_DIR / "deploy" / "kubernetes"
BASE = "base"
OVERLAYS = ("overlays/staging", "overlays/production")
SETTINGS, SECRETS = "settings", "app-secrets"
WORKLOADS = ("Deployment", "Job")
# As a kubelet asks: the address of the pod, over plain HTTP.
POD_IP = "10.42.0.17"
PROBES = {"startupProbe": "Startup", "readinessProbe": "Readiness", "livenessProbe": "Liveness"}
WATCHED_SECONDS = 15
# What the manifests' processes print when they are at work.
AT_WORK = ("ready.", "schedule_found", "Listening at")

Object = dict[str, Any]


class NotCreated(Exception):
    """What a kubelet cannot make a container of; the message is the event that it leaves."""


@dataclass(frozen=True)
class Manifests:
    """The objects of a folder, and where they come from."""

    source: str
    objects: list[Object]

    def of(self, *kinds: str) -> list[Object]:
        return [item for item in self.objects if item["kind"] in kinds]

    def get(self, kind: str, name: str) -> Object | None:
        return next((item for item in self.of(kind) if item["metadata"]["name"] == name), None)

    def workload(self, name: str) -> Object:
        return next(item for item in self.of(*WORKLOADS) if item["metadata"]["name"] == name)

    @property
    def workloads(self) -> dict[str, Object]:
        return {item["metadata"]["name"]: item for item in self.of(*WORKLOADS)}


def read_base() -> Manifests:
    """The base, as its files say; no tool is needed for it."""
    kustomization = load(FOLDER / BASE / "kustomization.yaml")[0]
    objects = [item for name in kustomization["resources"] for item in load(FOLDER / BASE / name)]
    data = read_env(FOLDER / BASE / "settings.env")
    return Manifests(BASE, [*objects, {"kind": "ConfigMap", "metadata": {"name": SETTINGS}, "data": data}])


def render(overlay: str) -> Manifests:
    """An overlay, as the cluster would get it.

    Raises:
        FileNotFoundError: There is neither kubectl nor kustomize on this machine.
    """
    tool = kustomize()
    if tool is None:
        raise FileNotFoundError("There is neither kubectl nor kustomize on PATH.")
    rendered = subprocess.run([*tool, str(FOLDER / overlay)], capture_output=True, text=True, check=False)
    if rendered.returncode:
        raise ValueError(rendered.stderr)
    return Manifests(overlay, [item for item in yaml.safe_load_all(rendered.stdout) if item])


def kustomize() -> list[str] | None:
    """The command that renders a folder, with what is installed."""
    for program, *arguments in (["kubectl", "kustomize"], ["kustomize", "build"]):
        if found := shutil.which(program):
            return [found, *arguments]
    return None


def load(file: Path) -> list[Object]:
    return [item for item in yaml.safe_load_all(file.read_text(encoding="utf-8")) if item]


def read_env(file: Path) -> dict[str, str]:
    """The variables of a file, those in comments left out."""
    values = dotenv_values(stream=io.StringIO(file.read_text(encoding="utf-8")), interpolate=False)
    return {name: value or "" for name, value in values.items()}


def pod_of(workload: Object) -> Object:
    pod: Object = workload["spec"]["template"]["spec"]
    return pod


def container_of(workload: Object) -> Object:
    """Every pod has one."""
    (container,) = pod_of(workload)["containers"]
    return dict(container)


def environment(manifests: Manifests, workload: Object, secrets: Mapping[str, str]) -> dict[str, str]:
    """What a kubelet puts into the environment of the container.

    Raises:
        NotCreated: A reference leads nowhere.
    """
    variables: dict[str, str] = {}
    if pod_of(workload).get("enableServiceLinks", True):
        variables |= service_links(manifests)
    for source in container_of(workload).get("envFrom", []):
        if "configMapRef" in source:
            variables |= referenced(manifests, source["configMapRef"]["name"])
        elif source["secretRef"]["name"] == SECRETS:
            variables |= secrets
        else:
            raise NotCreated(f'CreateContainerConfigError: secret "{source["secretRef"]["name"]}" not found')
    return variables


def referenced(manifests: Manifests, name: str) -> dict[str, str]:
    if not (found := manifests.get("ConfigMap", name)):
        raise NotCreated(f'CreateContainerConfigError: configmap "{name}" not found')
    data: dict[str, str] = found["data"]
    return data


def service_links(manifests: Manifests) -> dict[str, str]:
    """What Docker's links once did, and a kubelet still does for every service of the namespace."""
    names = [item["metadata"]["name"].upper().replace("-", "_") for item in manifests.of("Service")]
    return {f"{name}_PORT": "tcp://10.43.0.1:80" for name in names}


@contextmanager
def services_here() -> Iterator[dict[str, str]]:
    """Servers for the block, empty ones, apart from those of development and of other tests."""
    with services.temporary_services(processes.PROJECT_DIR, services.SERVICES) as variables:
        yield dict(variables)


def secrets_with(found: Mapping[str, str]) -> dict[str, str]:
    """What the Secret holds that is made after ``secrets.env.example``, filled in.

    ``found`` are the addresses of the servers.
    """
    known = {
        "SECRET_KEY": "a-key-for-tests-" + "0123456789" * 5,
        **processes.signing_keys(),
        "EMAIL_URL": "smtp://user:password@mail.example.com:587",
        "CELERY_BROKER_URL": found["REDIS_URL"].rpartition("/")[0] + "/0",
        **found,
    }
    names = read_env(FOLDER / BASE / "secrets.env.example")
    return {name: known.get(name, "filled-in-" + "0123456789" * 5) for name in names}


def command_of(workload: Object) -> list[str]:
    """What the container runs: the image has no command of its own that it would be added to."""
    container = container_of(workload)
    return [*container.get("command", []), *container.get("args", [])]


def variables_for(
    manifests: Manifests, workload: Object, found: Mapping[str, str], **changes: str
) -> dict[str, str]:
    """The whole environment of a process that stands for the container.

    Args:
        changes: What has to be another here, such as the port.
    """
    host = {"ALLOWED_HOSTS": processes.HOST}
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        **host,
        **environment(manifests, workload, secrets_with(found)),
        **changes,
    }


def run_to_its_end(command: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=processes.PROJECT_DIR,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@contextmanager
def running(workload: Object, variables: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Keep the container's process running inside the block; its output goes to the file ``log``."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command_of(workload),
            cwd=processes.PROJECT_DIR,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=processes.DEADLINE_SECONDS)


def wait_until_at_work(process: subprocess.Popen[bytes], log: Path) -> None:
    processes.wait_until(
        lambda: process.poll() is not None or any(sign in log.read_text() for sign in AT_WORK), log=log
    )


def ask(probe: Object, *, port: str, variables: Mapping[str, str]) -> str:
    """Ask as a kubelet does; empty when the answer is good, else the event.

    A kubelet takes a redirect to the pod itself for a success when what it leads to is one. Here it counts as
    a failure: it leads to https, which no pod speaks.
    """
    if "exec" in probe:
        asked = run_to_its_end(probe["exec"]["command"], variables)
        return "" if asked.returncode == 0 else f"command failed: {asked.stdout}"
    request = probe["httpGet"]
    headers = {
        "Host": f"{POD_IP}:{port}",
        "User-Agent": "kube-probe/1.34",
        "Accept": "*/*",
        "Connection": "close",
        **{header["name"]: header["value"] for header in request.get("httpHeaders", [])},
    }
    seconds = probe.get("timeoutSeconds", 1)
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}{request['path']}", headers=headers, timeout=seconds)
    except httpx.TransportError as error:
        return f"Get {request['path']}: {error}"
    return "" if answer.status_code == 200 else f"HTTP probe failed with statuscode: {answer.status_code}"


def events(manifests: Manifests, name: str, found: Mapping[str, str], log: Path) -> list[str]:
    """Start a pod and ask all of its probes; what would be seen in `kubectl describe pod`."""
    workload = manifests.workload(name)
    port = str(processes.free_port())
    variables = variables_for(manifests, workload, found, PORT=port)
    asked = {kind: container_of(workload)[kind] for kind in PROBES if kind in container_of(workload)}
    with running(workload, variables, log) as process:
        wait_until_at_work(process, log)
        # A worker answers from its first message on, beat after its first turn.
        return [
            f"{PROBES[kind]} probe failed: {event}"
            for kind, probe in asked.items()
            if (event := ask_patiently(probe, port=port, variables=variables))
        ]


def ask_patiently(probe: Object, *, port: str, variables: Mapping[str, str]) -> str:
    """Ask three times before it counts, as a kubelet would by itself."""
    event = ""
    for _ in range(3):
        event = ask(probe, port=port, variables=variables)
        if not event:
            break
        time.sleep(1)
    return event


def start(manifests: Manifests, name: str, found: Mapping[str, str], log: Path) -> Iterator[str]:
    workload = manifests.workload(name)
    try:
        variables = variables_for(manifests, workload, found, PORT=str(processes.free_port()))
    except NotCreated as event:
        yield str(event)
        return
    with running(workload, variables, log) as process:
        deadline = time.monotonic() + WATCHED_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        status = process.poll()
    yield log.read_text(encoding="utf-8", errors="replace")
    yield "It runs." if status is None else f"It ended with exit code {status}: CrashLoopBackOff."


def main(verb: str, name: str) -> int:
    # These settings bring the tests' own services, which are of no use here: ours are apart.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    base = read_base()
    log = processes.PROJECT_DIR / ".local" / "pod.log"
    log.parent.mkdir(exist_ok=True)
    with services_here() as found:
        job = base.workload("release")
        # What is wrong with the variables shows in the pod that was asked for.
        run_to_its_end(command_of(job), variables_for(base, job, found))
        if verb == "start":
            say(start(base, name, found, log))
        else:
            say(events(base, name, found, log) or ["All probes succeed."])
    return 0


def say(lines: Iterator[str] | list[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
