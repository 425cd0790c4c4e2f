"""Start what the image starts, here, and stop it as Docker would: ``uv run python -m tests.image_command``.

Docker sends SIGTERM to the first process of a container, and to no other; whether the server hears of it is
up to that one.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import processes

DOCKERFILE = processes.PROJECT_DIR / "docker" / "Dockerfile"
HEARD = "Handling signal: term"
# As long as Docker waits.
GRACE_SECONDS = 10


@dataclass
class Ended:
    """How it went, and what was printed."""

    has_answered: bool
    has_heard: bool
    status: int | None
    log: str


def words_of(instruction: str) -> list[str]:
    """The words of the last ENTRYPOINT or CMD; those of the shell form are given to a shell."""
    found = re.findall(rf"^{instruction} (.+)$", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        return []
    with suppress(ValueError):
        return [str(word) for word in json.loads(found[-1])]
    return ["/bin/sh", "-c", found[-1]]


def command_of_image() -> list[str]:
    return [*words_of("ENTRYPOINT"), *words_of("CMD")]


def start_and_stop(folder: Path) -> Ended:
    """Run the command of the image with production's environment until it answers, and stop it."""
    port, log = str(processes.free_port()), folder / "log"
    environment = processes.production_environment(PORT=port, WEB_CONCURRENCY="1")
    with log.open("wb") as output:
        first = subprocess.Popen(
            command_of_image(),
            cwd=processes.PROJECT_DIR,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    address = f"http://127.0.0.1:{port}/health/live"
    try:
        processes.wait_until(lambda: first.poll() is not None or processes.answers(address), log=log)
        has_answered = first.poll() is None
        first.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline and (first.poll() is None or processes.answers(address)):
            time.sleep(0.1)
        text = log.read_text(encoding="utf-8")
        return Ended(has_answered, HEARD in text, first.poll(), text)
    finally:
        # Whatever was left behind by a first process that did not tell it.
        with suppress(ProcessLookupError):
            os.killpg(first.pid, signal.SIGKILL)
        first.wait()


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
    with TemporaryDirectory() as folder:
        ended = start_and_stop(Path(folder))
    say(ended.log.rstrip())
    if not ended.has_answered:
        say("\nThe image would not serve anything.")
    elif not ended.has_heard:
        say("\nThe server was never told to stop. Docker would wait for ten seconds, and kill it.")
    else:
        say(f"\nThe server was told to stop, and ended with status {ended.status}.")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
