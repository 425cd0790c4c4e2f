"""The part of ``servers.py`` that runs inside a generated project, with its packages."""

import argparse
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

# The project, whose folder is the working directory.
sys.path.insert(0, os.getcwd())  # noqa: PTH109 - as "python -m" would
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"

import django

django.setup()

import httpx
import psutil
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from apps.users.models import User
from tests import processes

# The site, and beside it what is only measured: an answer that takes its time, and a WebSocket.
WSGI = """
import time
from config.wsgi import application as site

def application(environ, start_response):
    if environ["PATH_INFO"] != "/slow":
        return site(environ, start_response)
    time.sleep(3)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "4")])
    return [b"done"]
"""
ASGI = """
import asyncio
from config.asgi import application as site

async def application(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})
    elif scope["type"] == "http" and scope["path"] != "/slow":
        await site(scope, receive, send)
    elif scope["type"] == "http":
        await asyncio.sleep(3)
        headers = [(b"content-type", b"text/plain"), (b"content-length", b"4")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"done"})
"""
GUNICORN = "gunicorn --config config/gunicorn.py"
SERVERS = {
    "gunicorn, gthread": f"{GUNICORN} measured_wsgi",
    "gunicorn, uvicorn-worker": f"{GUNICORN} --worker-class uvicorn_worker.UvicornWorker measured_asgi",
    "uvicorn": "uvicorn --port {port} --workers 2 --no-access-log --lifespan off measured_asgi:application",
    "granian, WSGI": "granian --port {port} --workers 2 --blocking-threads 4 --interface wsgi --no-ws "
    "measured_wsgi:application",
    "granian, ASGI": "granian --port {port} --workers 2 --interface asginl measured_asgi:application",
}
OURS = "gunicorn, gthread"
PAGES = {"nothing": "/health/live", "a page": "/api/v1/users/me/"}
# Each may ask 600 times a minute.
READERS = 300
IN_FLIGHT = 8
TOLERANCE = 1.5
ROTATE = """
local cookies = {{{cookies}}}
local number = 0
request = function()
    number = number % #cookies + 1
    return wrk.format("GET", nil, {{
        ["Host"] = "shop.example.com", ["X-Forwarded-Proto"] = "https", ["Cookie"] = cookies[number],
    }})
end
"""


@dataclass
class Measured:
    """What one server does."""

    per_second: dict[str, float]
    slowest: dict[str, str]
    megabytes: float
    answered: int
    web_sockets: bool


def main() -> int:
    arguments = read_arguments()
    call_command("migrate", verbosity=0)
    # The server signs sessions with its key; so do we.
    settings.SECRET_KEY = processes.production_environment()["SECRET_KEY"]
    Path("measured_wsgi.py").write_text(WSGI, encoding="utf-8")
    Path("measured_asgi.py").write_text(ASGI, encoding="utf-8")
    script = Path("rotate.lua")
    script.write_text(
        ROTATE.format(cookies=", ".join(f'"{cookie}"' for cookie in cookies())), encoding="utf-8"
    )
    rounds: dict[str, list[Measured]] = {name: [] for name in SERVERS}
    # In turn, so that whatever else the machine does slows all of them down alike.
    for _ in range(arguments.rounds):
        for name, command in SERVERS.items():
            rounds[name].append(measure(command, script, seconds=arguments.seconds))
    results = {name: typical(measured) for name, measured in rounds.items()}
    show(results)
    return judge(results)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.servers")
    parser.add_argument("--seconds", type=int, default=10, help="for each page (default: 10)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts (default: 3)")
    return parser.parse_args()


def cookies() -> Iterator[str]:
    """Of people who are signed in."""
    for number in range(READERS):
        address = f"reader{number}@example.com"
        user, _ = User.objects.get_or_create(email=address, defaults={"email_verified_at": timezone.now()})
        browser = Client()
        browser.force_login(user)
        yield f"sessionid={browser.cookies['sessionid'].value}"


def measure(command: str, script: Path, *, seconds: int) -> Measured:
    per_second, slowest = {}, {}
    with server(command) as (process, address):
        for name, path in PAGES.items():
            ask(address + path, script, seconds=2)
            per_second[name], slowest[name] = ask(address + path, script, seconds=seconds)
        megabytes = memory(process)
        web_sockets = takes_web_sockets(address)
        answered = stop_in_flight(process, address)
    return Measured(per_second, slowest, megabytes, answered, web_sockets)


@contextmanager
def server(command: str) -> Iterator[tuple[psutil.Process, str]]:
    """One server with production's settings, and its address."""
    port = str(processes.free_port())
    environment = processes.production_environment(
        PORT=port, WEB_CONCURRENCY="2", WEB_MAX_REQUESTS="0", WEB_MAX_REQUESTS_JITTER="0", LOG_LEVEL="ERROR"
    )
    address = f"http://127.0.0.1:{port}"
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        words = command.format(port=port).split()
        with processes.running(*words, environment=environment, log=log) as process:
            processes.wait_until(lambda: processes.answers(f"{address}/health/live"), log=log)
            yield psutil.Process(process.pid), address


def ask(address: str, script: Path, *, seconds: int) -> tuple[float, str]:
    """Requests a second, and the time that 99 of 100 stay below."""
    command = ["wrk", "-t2", "-c16", f"-d{seconds}s", "--latency", "-s", str(script), address]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        sys.exit(f"{address} failed under load:\n{said}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), re.search(r"99%\s+(\S+)", said)[1]


def memory(process: psutil.Process) -> float:
    """What all of its processes take, shared pages by their share."""
    return sum(one.memory_full_info().pss for one in (process, *process.children(recursive=True))) / 1e6


def takes_web_sockets(address: str) -> bool:
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with httpx.stream("GET", f"{address}/socket", headers=headers) as answer:
        return answer.status_code == 101


def stop_in_flight(process: psutil.Process, address: str) -> int:
    """Stop it while requests run; how many of them were answered."""
    answers: list[str] = []

    def ask_slowly() -> None:
        try:
            answers.append(httpx.get(f"{address}/slow", timeout=30).text)
        except httpx.HTTPError as error:
            answers.append(type(error).__name__)

    threads = [threading.Thread(target=ask_slowly) for _ in range(IN_FLIGHT)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    process.terminate()
    for thread in threads:
        thread.join()
    return answers.count("done")


def typical(rounds: list[Measured]) -> Measured:
    middle = sorted(rounds, key=lambda one: one.per_second["a page"])[len(rounds) // 2]
    return Measured(
        per_second={name: median(one.per_second[name] for one in rounds) for name in PAGES},
        slowest=middle.slowest,
        megabytes=median(one.megabytes for one in rounds),
        answered=min(one.answered for one in rounds),
        web_sockets=middle.web_sockets,
    )


def show(results: dict[str, Measured]) -> None:
    columns = ("Server", "nothing/s", "99 %", "pages/s", "99 %", "MB", "in flight on SIGTERM", "WebSockets")
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns))
    for name, one in results.items():
        cells = [name]
        for page in PAGES:
            cells += [f"{one.per_second[page]:,.0f}", one.slowest[page]]
        cells += [
            f"{one.megabytes:.0f}",
            f"{one.answered} of {IN_FLIGHT}",
            "yes" if one.web_sockets else "no",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


def judge(results: dict[str, Measured]) -> int:
    ours = results[OURS]
    as_safe = [one.per_second["a page"] for one in results.values() if one.answered == IN_FLIGHT]
    if ours.answered < IN_FLIGHT:
        print(f"{OURS} loses requests.")
        return 1
    ratio = max(as_safe) / ours.per_second["a page"]
    print(f"The fastest that loses no request answers {ratio:.2f} times as many pages as {OURS}.")
    return int(ratio > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
