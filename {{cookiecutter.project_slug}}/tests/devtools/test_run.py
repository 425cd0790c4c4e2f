import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import run

PRINT_URL = "import os; open(os.environ['OUTPUT'], 'w').write(os.environ['REDIS_URL'])"


@pytest.fixture(autouse=True)
def _services_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://app:secret@127.0.0.1:5432/app")
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:6379/1")


@pytest.mark.parametrize("status", [0, 1, 7])
def test_the_status_of_the_command_is_returned(tmp_path: Path, status: int) -> None:
    command = [sys.executable, "-c", f"raise SystemExit({status})"]

    assert run.main(command, project=tmp_path) == status


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_command_that_a_signal_ended_is_told_as_a_shell_tells_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]

    assert run.main(command, project=tmp_path) == 128 + 9


def test_an_unknown_command_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run.main(["no-such-command"], project=tmp_path) == 127
    assert capfd.readouterr().err.startswith("no-such-command cannot be run: ")


def test_a_command_is_asked_for_when_none_is_given(capfd: pytest.CaptureFixture[str]) -> None:
    assert run.main([]) == 2
    assert capfd.readouterr().err.startswith("Name a command:")


def test_the_command_finds_the_started_service(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("OUTPUT", str(project / "url"))

    status = run.main([sys.executable, "-c", PRINT_URL], project=project)

    assert status == 0
    assert (project / "url").read_text().startswith("redis://127.0.0.1:")
    assert (project / ".local" / "services.env").exists() is False


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_polite_kill_reaches_the_command(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from devtools import run;"
        "sys.exit(run.main([sys.executable, '-c', 'print(1, flush=True); input()'], Path(sys.argv[1])))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=run.PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()

        process.send_signal(signal.SIGTERM)

        assert process.wait(timeout=20) == 128 + signal.SIGTERM
