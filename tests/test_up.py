"""``just up`` in a generated project, for real: one command starts everything and stops it again."""

import shutil
import signal
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import psutil
import pytest
import yaml
from dotenv import dotenv_values
from playwright.sync_api import Browser

from conftest import Bake, needs_mysql, needs_rabbitmq
from running import STOP_SECONDS, Start, Up, listening, living, starter, wait_until

pytestmark = pytest.mark.slow

METHODS = {"delete", "get", "patch", "post", "put"}


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
        ("/api/docs/v1/", HTTPStatus.OK),
        ("/api/schema/v1/", HTTPStatus.OK),
        ("/api/problems/", HTTPStatus.OK),
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

    page.goto(f"{up.address}/api/docs/v1/", wait_until="networkidle")
    shown = page.locator(".opblock-summary-path, .opblock-summary-path__deprecated")
    shown.first.wait_for()

    document = yaml.safe_load((up.project / "docs" / "openapi" / "v1.yaml").read_text("utf-8"))
    operations = [
        path for path, methods in document["paths"].items() for method in methods if method in METHODS
    ]
    assert len(operations) >= 30
    assert sorted(shown.all_inner_texts()) == sorted(operations)
    # Among them would be everything that the Content-Security-Policy refuses.
    assert complaints == []
    page.close()


def test_the_generated_superuser_signs_in_and_reads_the_profile(up: Up) -> None:
    answer = up.request("/api/v1/users/me/", **up.sign_in())

    assert answer.status == HTTPStatus.OK
    assert answer.json()["email"] == dotenv_values(up.project / ".env")["DJANGO_SUPERUSER_EMAIL"]


def test_a_task_that_a_request_enqueues_is_executed_by_the_worker(up: Up) -> None:
    credentials = up.sign_in()
    password = dotenv_values(up.project / ".env")["DJANGO_SUPERUSER_PASSWORD"]
    change = {"email": "new@example.com", "current_password": password}

    answer = up.request("/api/v1/users/me/", method="PATCH", data=change, **credentials)

    assert answer.status == HTTPStatus.OK, answer.body
    assert " worker " in up.wait_for_log("To: new@example.com")
    # The link leads to the port that was found free.
    up.wait_for_log(f"{up.address}/account/verify-email/?token=")


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


@needs_rabbitmq
def test_a_project_with_rabbitmq_runs_its_tasks_there_and_leaves_nothing(
    start: Start, bake: Bake, tmp_path: Path
) -> None:
    project = shutil.copytree(bake(broker="RabbitMQ").project_path, tmp_path / "my_project", symlinks=True)
    up = start(project)
    home = Path(up.server("rabbitmq").cwd()).parent
    processes, ports = up.processes(), up.ports()
    change = {
        "email": "new@example.com",
        "current_password": dotenv_values(project / ".env")["DJANGO_SUPERUSER_PASSWORD"],
    }

    answer = up.request("/api/v1/users/me/", method="PATCH", data=change, **up.sign_in())
    examined = up.just("doctor")

    assert answer.status == HTTPStatus.OK, answer.body
    assert " worker " in up.wait_for_log("task_succeeded")
    assert examined.returncode == 0, examined.stdout
    assert f":{up.state['services']['rabbitmq']['port']}/app answers" in examined.stdout
    assert up.press_ctrl_c() in (0, 130, -signal.SIGINT)
    assert living(processes) == []
    assert listening(ports) == []
    # Erlang's name service, which no other process starts or stops.
    assert [file for file in home.glob("*.pid") if psutil.pid_exists(int(file.read_text()))] == []


@needs_mysql
def test_a_project_with_mysql_runs_on_a_server_of_its_own_and_leaves_nothing(
    start: Start, bake: Bake, tmp_path: Path
) -> None:
    project = shutil.copytree(bake(database="MySQL").project_path, tmp_path / "my_project", symlinks=True)
    up = start(project)
    processes, ports = up.processes(), up.ports()
    port = up.state["services"]["mysql"]["port"]
    change = {
        "email": "new@example.com",
        "current_password": dotenv_values(project / ".env")["DJANGO_SUPERUSER_PASSWORD"],
    }

    answer = up.request("/api/v1/users/me/", method="PATCH", data=change, **up.sign_in())
    examined = up.just("doctor")

    assert answer.status == HTTPStatus.OK, answer.body
    assert " worker " in up.wait_for_log("task_succeeded")
    assert examined.returncode == 0, examined.stdout
    assert f"127.0.0.1:{port}, database app" in " ".join(examined.stdout.split())
    assert up.press_ctrl_c() in (0, 130, -signal.SIGINT)
    assert living(processes) == []
    assert listening(ports) == []


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
