"""Starts and stops ``just up`` in generated projects, and talks to what it serves."""

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

GREETING = "Ctrl-C stops everything."
START_SECONDS = 240  # the first start installs the project
STOP_SECONDS = 90

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
        web = int(self.address.rsplit(":", 1)[1])
        return [*(service["port"] for service in self.state["services"].values()), web]

    def processes(self) -> set[psutil.Process]:
        """Everything that runs because of this command."""
        roots = [psutil.Process(self.command.pid), *map(self.server, self.state["services"])]
        return {process for root in roots for process in (root, *root.children(recursive=True))}

    def request(self, path: str, method: str = "GET", data: object = None, **headers: str) -> Response:
        request = Request(self.address + path, method=method, headers=headers)  # noqa: S310
        if data is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(data).encode()
        try:
            with opener.open(request, timeout=60) as answer:
                return Response(answer.status, answer.read().decode())
        except HTTPError as error:
            with error:
                return Response(error.code, error.read().decode())

    def sign_in(self) -> dict[str, str]:
        """The header of the superuser that the project was generated with."""
        variables = dotenv_values(self.project / ".env")
        credentials = {
            "email": variables["DJANGO_SUPERUSER_EMAIL"],
            "password": variables["DJANGO_SUPERUSER_PASSWORD"],
        }
        answer = self.request("/api/v1/auth/token/", method="POST", data=credentials)
        assert answer.status == HTTPStatus.OK, answer.body
        return {"Authorization": f"Bearer {answer.json()['access']}"}

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

    def wait_for_log(self, text: str, seconds: float = 120) -> str:
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
        homes.add(Path(up.server("redis").cwd()).parent)
        return up

    try:
        yield start_up
    finally:
        for up in started:
            if up.command.poll() is None:
                up.press_ctrl_c()
        for home in homes:
            shutil.rmtree(home, ignore_errors=True)
