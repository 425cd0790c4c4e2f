"""``just up`` in a generated project, for real: one command starts everything and stops it again."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import psutil
import pytest
from dotenv import dotenv_values
from playwright.sync_api import Browser

pytestmark = pytest.mark.slow

GREETING = "Ctrl-C stops everything."
START_SECONDS = 120  # the first start installs the project
STOP_SECONDS = 30

# Our own machine is not asked through a proxy.
opener = build_opener(ProxyHandler({}))


@dataclass
class Response:
    status: int
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Up:
    """A running ``just up``, with what it printed so far."""

    project: Path
    environment: dict[str, str]
    command: subprocess.Popen[bytes]
    log: Path

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.project / ".local" / "state.json").read_text())
        return state

    @property
    def address(self) -> str:
        address: str = self.state["users"][0]["address"]
        return address

    @property
    def supervisor(self) -> psutil.Process:
        return psutil.Process(self.state["users"][0]["process"]["pid"])

    def server(self, name: str) -> psutil.Process:
        return psutil.Process(self.state["services"][name]["process"]["pid"])

    def ports(self) -> list[int]:
        services = self.state["services"]
        web = int(self.address.rsplit(":", 1)[1])
        return [services["postgres"]["port"], services["redis"]["port"], web]

    def processes(self) -> set[psutil.Process]:
        """Everything that runs because of this command."""
        roots = [psutil.Process(self.command.pid), self.server("postgres"), self.server("redis")]
        return {process for root in roots for process in (root, *root.children(recursive=True))}

    def request(self, path: str, method: str = "GET", data: object = None, **headers: str) -> Response:
        request = Request(self.address + path, method=method, headers=headers)  # noqa: S310
        if data is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(data).encode()
        try:
            with opener.open(request, timeout=20) as answer:
                return Response(answer.status, answer.read().decode())
        except HTTPError as error:
            with error:
                return Response(error.code, error.read().decode())

    def sign_in(self) -> dict[str, str]:
        """The header of the superuser that the project was generated with."""
        variables = dotenv_values(self.project / ".env")
        credentials = {
            "username": variables["DJANGO_SUPERUSER_EMAIL"],
            "password": variables["DJANGO_SUPERUSER_PASSWORD"],
        }
        answer = self.request("/api/v1/auth/token/", method="POST", data=credentials)
        assert answer.status == HTTPStatus.OK, answer.body
        return {"Authorization": f"Token {answer.json()['token']}"}

    def just(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["uv", "run", "just", *arguments],
            cwd=self.project,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def press_ctrl_c(self) -> int:
        """What a terminal does: the signal goes to every process in the foreground."""
        os.killpg(self.command.pid, signal.SIGINT)
        return self.command.wait(STOP_SECONDS)

    def wait_for_log(self, text: str, seconds: float = 30) -> str:
        """The line that holds the text."""
        wait_until(lambda: text in self.log.read_text(), seconds, self.log.read_text)
        return next(line for line in self.log.read_text().splitlines() if text in line)


Start = Callable[[Path], Up]


def wait_until(condition: Callable[[], bool], seconds: float, tell: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, tell()
        time.sleep(0.1)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def living(processes: set[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if is_alive(process)]


def listening(ports: list[int]) -> list[int]:
    connections = psutil.net_connections(kind="tcp")
    open_ports = {c.laddr.port for c in connections if c.status == psutil.CONN_LISTEN and c.laddr}
    return [port for port in ports if port in open_ports]


@contextmanager
def starter(environment: dict[str, str], logs: pytest.TempPathFactory) -> Iterator[Start]:
    """A function that starts ``just up`` in a project; what still runs after the block is stopped."""
    started: list[Up] = []
    homes: set[Path] = set()

    def start_up(project: Path) -> Up:
        log = logs.mktemp("up") / "log"
        with log.open("wb") as output:
            command = subprocess.Popen(
                ["uv", "run", "just", "up"],
                cwd=project,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        up = Up(project, environment, command, log)
        started.append(up)
        wait_until(
            lambda: GREETING in log.read_text() or command.poll() is not None,
            START_SECONDS,
            log.read_text,
        )
        assert command.poll() is None, log.read_text()
        # The data of root's servers are outside the project.
        homes.add(Path(up.server("postgres").cwd()).parent)
        return up

    try:
        yield start_up
    finally:
        for up in started:
            if up.command.poll() is None:
                up.press_ctrl_c()
        for home in homes:
            shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def up(
    project_environment: dict[str, str], baked_project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Up]:
    """A running project that no test disturbs."""
    folder = tmp_path_factory.mktemp("running") / baked_project.name
    shutil.copytree(baked_project, folder, symlinks=True)
    with starter(project_environment, tmp_path_factory) as start:
        yield start(folder)


@pytest.fixture
def start(project_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts projects for one test."""
    with starter(project_environment, tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="module")
def another_project(baked_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is not running yet, beside the one that is: its default ports are taken."""
    folder = tmp_path_factory.mktemp("another") / baked_project.name
    return Path(shutil.copytree(baked_project, folder, symlinks=True))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health/live", HTTPStatus.OK),
        ("/health/ready", HTTPStatus.OK),
        ("/api/docs/", HTTPStatus.OK),
        ("/api/schema/", HTTPStatus.OK),
        ("/admin/login/", HTTPStatus.OK),
        ("/api/v1/users/me/", HTTPStatus.UNAUTHORIZED),
    ],
)
def test_the_addresses_answer(up: Up, path: str, status: HTTPStatus) -> None:
    assert up.request(path).status == status


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_answers_under_a_strange_host_name_too(up: Up, path: str) -> None:
    assert up.request(path, Host="strange.example").status == HTTPStatus.OK
    assert up.request("/admin/login/", Host="strange.example").status == HTTPStatus.BAD_REQUEST


def test_the_documents_of_the_api_render_in_a_browser_without_an_error(up: Up, browser: Browser) -> None:
    complaints: list[str] = []
    page = browser.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))

    page.goto(f"{up.address}/api/docs/", wait_until="networkidle")

    assert page.locator(".opblock-summary-path").all_inner_texts() == [
        "/api/v1/auth/token/",
        "/api/v1/users/me/",
        "/api/v1/users/me/",
        "/api/v1/users/me/",
    ]
    # Among them would be everything that the Content-Security-Policy refuses.
    assert complaints == []
    page.close()


def test_the_generated_superuser_signs_in_and_reads_the_profile(up: Up) -> None:
    answer = up.request("/api/v1/users/me/", **up.sign_in())

    assert answer.status == HTTPStatus.OK
    assert answer.json()["email"] == dotenv_values(up.project / ".env")["DJANGO_SUPERUSER_EMAIL"]


def test_a_task_that_a_request_enqueues_is_executed_by_the_worker(up: Up) -> None:
    credentials = up.sign_in()
    profile = up.request("/api/v1/users/me/", **credentials).json()

    answer = up.request("/api/v1/users/me/", method="PATCH", data={"email": "new@example.com"}, **credentials)

    assert answer.status == HTTPStatus.OK, answer.body
    assert " worker " in up.wait_for_log("Subject: Your e-mail address was changed")
    up.wait_for_log(f"To: {profile['email']}")
    # Back, for the other tests sign in with it.
    up.request("/api/v1/users/me/", method="PATCH", data={"email": profile["email"]}, **credentials)


def test_a_second_up_is_refused_and_the_first_goes_on(up: Up) -> None:
    second = up.just("up")

    assert second.returncode == 1
    assert f"already running: {up.address} (process {up.supervisor.pid})" in second.stdout
    assert up.request("/health/ready").status == HTTPStatus.OK


def test_a_command_shares_the_running_services(up: Up) -> None:
    postgres, redis = up.server("postgres"), up.server("redis")

    finished = up.just("manage", "migrate", "--check")

    assert finished.returncode == 0, finished.stdout
    assert (up.server("postgres"), up.server("redis")) == (postgres, redis)
    assert up.request("/health/ready").status == HTTPStatus.OK


def test_a_command_fails_with_the_status_of_django(up: Up) -> None:
    finished = up.just("manage", "no_such_command")

    assert finished.returncode != 0
    assert "Unknown command: 'no_such_command'" in finished.stdout


def test_ctrl_c_leaves_no_process_and_no_port(start: Start, another_project: Path) -> None:
    up = start(another_project)
    processes, ports = up.processes(), up.ports()
    assert len(processes) > 10
    assert listening(ports) == ports

    # just itself answers Ctrl-C with 130.
    assert up.press_ctrl_c() in (0, 130, -signal.SIGINT)

    assert living(processes) == []
    assert listening(ports) == []
    assert not (another_project / ".local" / "services.env").exists()


def test_other_ports_are_chosen_while_the_usual_ones_are_taken(
    up: Up, start: Start, another_project: Path
) -> None:
    other = start(another_project)

    assert set(up.ports()).isdisjoint(other.ports())
    assert other.request("/health/ready").status == HTTPStatus.OK
    assert up.request("/health/ready").status == HTTPStatus.OK
    other.press_ctrl_c()


def test_readiness_names_the_cache_while_redis_is_down(start: Start, another_project: Path) -> None:
    up = start(another_project)
    processes = up.processes()

    up.server("redis").terminate()
    wait_until(lambda: up.request("/health/ready").status != HTTPStatus.OK, 20, up.log.read_text)
    ready = up.request("/health/ready")

    assert ready.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert ready.json()["checks"]["cache"] == "failed"
    assert ready.json()["checks"]["database"] == "ok"
    assert up.request("/health/live").status == HTTPStatus.OK
    up.press_ctrl_c()
    assert living(processes) == []


def test_it_starts_again_after_it_was_killed(start: Start, another_project: Path) -> None:
    killed = start(another_project)
    left_behind = killed.processes()
    killed.supervisor.kill()
    killed.command.wait(STOP_SECONDS)

    again = start(another_project)

    assert living(left_behind) == []
    assert again.request("/health/ready").status == HTTPStatus.OK
    assert again.request("/api/v1/users/me/", **again.sign_in()).status == HTTPStatus.OK
    processes = again.processes()
    again.press_ctrl_c()
    assert living(processes) == []


def test_everything_stops_and_is_told_when_the_web_process_dies(start: Start, another_project: Path) -> None:
    up = start(another_project)
    processes = up.processes()
    servers = [p for p in processes if "runserver" in p.cmdline()]

    for server in servers:
        server.kill()

    assert up.command.wait(STOP_SECONDS) not in (0, 130)
    assert "web ended by itself, so everything was stopped." in up.log.read_text()
    assert living(processes) == []
