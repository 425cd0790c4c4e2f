"""Flower, as a process: nobody sees anything without signing in."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest

from config.database import SCHEMES
from devtools import flower, run
from devtools.errors import DevtoolsError
from tests import processes

pytestmark = pytest.mark.lesson("flower-exposed")

SIGN_IN = ("admin", "a password of the tests")
PAGES = ["/", "/workers", "/tasks", "/broker", "/api/workers", "/api/tasks", "/metrics"]


@pytest.fixture(scope="module")
def address(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Flower behind a sign-in."""
    log = tmp_path_factory.mktemp("flower") / "log"
    environment = {**processes.without_flower(), "FLOWER_BASIC_AUTH": ":".join(SIGN_IN)}
    with processes.flower(environment, log=log) as url:
        yield url


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("credentials", [None, ("admin", "wrong"), ("", "")])
def test_nobody_sees_anything_without_signing_in(
    address: str, path: str, credentials: tuple[str, str] | None
) -> None:
    response = httpx.get(address + path, auth=credentials)

    assert (response.status_code, response.headers.get("WWW-Authenticate")) in {
        (401, 'Basic realm="flower"'),
        # Its API refuses without asking browsers for a password.
        (401, None),
    }


@pytest.mark.parametrize("path", PAGES)
def test_whoever_signs_in_sees_everything(address: str, path: str) -> None:
    assert httpx.get(address + path, auth=SIGN_IN).status_code == 200


def test_a_platform_can_ask_whether_it_is_alive(address: str) -> None:
    assert httpx.get(f"{address}/healthcheck").text == "OK"


@pytest.mark.parametrize("variables", [{}, {"FLOWER_UNAUTHENTICATED_API": "true"}])
def test_flower_does_not_start_without_a_sign_in(
    django_db_setup: None, variables: dict[str, str], tmp_path: Path
) -> None:
    log = tmp_path / "log"
    environment = {**processes.without_flower(), **variables}

    with pytest.raises(processes.SiteDied), processes.flower(environment, log=log):
        pass

    assert log.read_text().endswith("on your own machine in .env .\n")


# --- just flower ---


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose services run elsewhere."""
    monkeypatch.setenv("DATABASE_URL", f"{SCHEMES[0]}://app:secret@127.0.0.1/app")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/1")
    monkeypatch.delenv("FLOWER_BASIC_AUTH", raising=False)
    return tmp_path


def test_verb_gives_the_line_that_is_missing(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert flower.main(project) == 1

    line = capfd.readouterr().err.splitlines()[-1]
    assert line.startswith("FLOWER_BASIC_AUTH=admin:")
    assert len(line) > len("FLOWER_BASIC_AUTH=admin:") + 12


def test_verb_prints_the_address_and_starts_it_for_this_machine_only(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    call = Mock(return_value=0)
    monkeypatch.setattr(run, "call", call)
    (project / ".env").write_text("FLOWER_BASIC_AUTH=admin:secret\n")

    assert flower.main(project) == 0

    command, _environment = call.call_args.args
    port = command[-1].removeprefix("--port=")
    assert "--address=127.0.0.1" in command
    assert f"http://127.0.0.1:{port}/" in capfd.readouterr().out


def test_verb_tells_what_keeps_the_services_from_running(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise DevtoolsError("No Redis server was found.")

    monkeypatch.setattr(flower, "running_services", refuse)
    (project / ".env").write_text("FLOWER_BASIC_AUTH=admin:secret\n")

    assert flower.main(project) == 1
    assert capfd.readouterr().err == "No Redis server was found.\n"
