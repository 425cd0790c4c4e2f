"""The tutorial is true: every command of it is typed into a terminal, in order."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from conftest import ROOT
from pages import read_blocks
from running import living

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("curl"), reason="There is no curl."),
]

TUTORIAL = ROOT / "docs" / "tutorial" / "first-project.md"
UP = "uv run just up"
GREETING = "Ctrl-C stops everything."
# The tests of a project are among the commands.
ANSWER_SECONDS = 900
STOP_SECONDS = 60
INHERITED = ("DJANGO_SETTINGS_MODULE", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "VIRTUAL_ENV")


class Terminal:
    """A shell that is typed into, and remembers its folder and its variables."""

    def __init__(self, folder: Path, environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self.shell = subprocess.Popen(
                ["bash"],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
                encoding="utf-8",
            )

    @property
    def screen(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def type(self, commands: str) -> None:
        assert self.shell.stdin
        self.shell.stdin.write(f"{commands}\n")
        self.shell.stdin.flush()

    def wait_for(self, pattern: str) -> re.Match[str]:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not (found := re.search(pattern, self.screen)):
            assert time.monotonic() < deadline, f"{pattern} is not shown:\n{self.screen}"
            assert self.shell.poll() is None, self.screen
            time.sleep(0.2)
        return found

    def run(self, commands: str) -> str:
        """Type commands, and return what they print; fail when one of them does."""
        before = len(self.screen)
        # Each on its own, as a person would see that one failed.
        self.type(f"set -o pipefail; trap 'failed=1' ERR; failed=0\n{commands}\necho \"ended: $failed\"")
        while "ended: " not in self.screen[before:]:
            self.wait_for(r"ended: \d")
            time.sleep(0.2)
        printed = self.screen[before:]
        assert "ended: 0" in printed, f"{commands}\n{printed}"
        return printed.rpartition("ended: ")[0]

    def press_ctrl_c(self) -> None:
        """What a terminal does: the signal goes to every process in the foreground."""
        if self.shell.poll() is None:
            os.killpg(self.shell.pid, signal.SIGINT)

    def close(self) -> None:
        """Stop what runs, and wait until it has tidied up."""
        self.press_ctrl_c()
        self.leave()

    def leave(self) -> None:
        """Go when the running command has ended, which another Ctrl-C would keep from tidying up."""
        assert self.shell.stdin
        with contextlib.suppress(BrokenPipeError):
            self.shell.stdin.close()
        self.shell.wait(STOP_SECONDS)


@pytest.fixture
def environment(machine: dict[str, str]) -> dict[str, str]:
    """What a new user has: Python with pip, and GitHub."""
    return {name: value for name, value in machine.items() if name not in INHERITED}


@pytest.fixture
def homes() -> Iterator[list[Path]]:
    """Folders of servers, which are outside the project when root starts them."""
    found: list[Path] = []
    yield found
    for home in found:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def first(homes: list[Path], tmp_path: Path, environment: dict[str, str]) -> Iterator[Terminal]:  # noqa: ARG001 -- goes after it
    (tmp_path / "work").mkdir()
    terminal = Terminal(tmp_path / "work", environment, tmp_path / "first.log")
    yield terminal
    terminal.close()


@pytest.fixture
def second(tmp_path: Path, environment: dict[str, str]) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path / "work", environment, tmp_path / "second.log")
    yield terminal
    terminal.close()


def test_tutorial_works_as_it_is_written(
    first: Terminal, second: Terminal, homes: list[Path], tmp_path: Path
) -> None:
    project = tmp_path / "work" / "book_shop"
    blocks = read_blocks(TUTORIAL)
    typed = [block.text for block in blocks if block.language == "bash"]
    shown = [block.text for block in blocks if block.language == "text"]
    make, up, health, stranger, sign_in, change, test, new_app, order = typed
    addresses, healthy = shown

    # The first terminal.
    first.run(make)
    assert up.strip() == UP
    first.type(up)
    first.wait_for(re.escape(GREETING))
    state = json.loads((project / ".local" / "state.json").read_text())
    homes.append(Path(psutil.Process(state["services"]["postgres"]["process"]["pid"]).cwd()).parent)
    origin = first.wait_for(r"Site +(http://127\.0\.0\.1:\d+)/")[1]

    def here(commands: str) -> str:
        """The reader uses the number that was printed, where port 8000 was taken."""
        return commands.replace("http://127.0.0.1:8000", origin)

    for line in here(addresses).strip().splitlines():
        assert line.strip() in first.screen

    # The second one.
    second.run("cd book_shop")
    assert healthy.strip() in second.run(here(health))
    assert "401 Unauthorized" in second.run(here(stranger))
    assert '"email":"you@example.com"' in second.run(here(sign_in)).replace(": ", ":")
    assert '"email":"you@example.com"' in second.run(here(change)).replace(": ", ":")
    first.wait_for(r"worker.*Subject: Verify your e-mail address")
    first.wait_for(r"worker.*To: new@example\.com")
    assert re.search(r"\d+ passed", second.run(test))

    second.run(new_app)
    assert (project / "apps" / "orders" / "models.py").is_file()
    wait_until_restarted(second, origin)
    assert '"title":"First"' in second.run(here(order)).replace(": ", ":")

    servers = [psutil.Process(service["process"]["pid"]) for service in state["services"].values()]
    first.press_ctrl_c()
    first.leave()
    second.run(f"if curl --silent --output /dev/null {origin}/health/live; then false; fi")
    assert living(set(servers)) == []


def wait_until_restarted(terminal: Terminal, origin: str) -> None:
    """What a person takes for granted while reading on: the site has found the new app."""
    retry = "--retry 60 --retry-delay 1 --retry-all-errors --fail --silent --output /dev/null"
    terminal.run(f"curl {retry} {origin}/health/ready")
    listed = f"curl --silent {origin}/api/schema/v1/ | grep -q /orders/"
    terminal.run(f"for i in $(seq 60); do if {listed}; then break; fi; sleep 1; done")
