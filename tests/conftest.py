"""Bakes that the tests share, each made from a clean copy of the template's working tree."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright
from pytest_cookies.plugin import Cookies, Result
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tools.lessons import Lesson, remove_roots_servers

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# In characters, of what a failed command has printed.
BEGIN, END = 3000, 1500
REPOSITORY = "https://github.com/user/alx-project-nexus"
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
PROJECT_FOLDER = "{{cookiecutter.project_slug}}"

DEFAULTS = {
    "project_name": "My Project",
    "project_slug": "my_project",
    "description": "A web service built with Django.",
    "author_name": "Your Name",
    "author_email": "you@example.com",
    "domain_name": "example.com",
    "license": "MIT",
    "api_auth": "JWT",
    "database": "PostgreSQL",
    "broker": "Redis",
    "deploy": "Compose",
    "ci": "GitHub Actions",
    "example": "yes",
}
# The questions with a fixed set of answers.
CHOICES = ("license", "api_auth", "database", "broker", "deploy", "ci", "example")

# A test is no stop-watch: on a busy machine any of them may take longer than usual.
hypothesis.settings.register_profile("without deadline", deadline=None)
hypothesis.settings.load_profile("without deadline")


def finds_mysql() -> bool:
    """Whether a project can start MySQL or MariaDB here: packages put them where only administrators look."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/libexec"])
    return any(shutil.which(name, path=path) for name in ("mysqld", "mariadbd"))


needs_mysql = pytest.mark.skipif(not finds_mysql(), reason="There is no MySQL or MariaDB on this machine.")
needs_rabbitmq = pytest.mark.skipif(
    not shutil.which("rabbitmq-server"), reason="There is no RabbitMQ on this machine."
)
# For tests of a project that read its files only: they need not wait for servers to start.
WITHOUT_SERVERS = {"DATABASE_URL": "postgresql://a@127.0.0.1:1/a", "REDIS_URL": "redis://127.0.0.1:1/0"}


class ByModule(LoadScopeScheduling):  # type: ignore[misc]
    """When several processes share the tests, keep the tests of a module together.

    They share what is slow to make; the modules about images share an image. The lessons, half of all the
    time, are dealt out one by one. This is a scheduler of our own because pytest-xdist 3.8 does not find its
    ``xdist_group`` marks with pytest 9.2.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        if module.endswith("/test_lessons.py"):
            return nodeid
        return "images" if "/test_docker_" in module else module


# What runs longest comes first, and the lessons, which are many and short, at last: so that no process waits
# for another in the end.
LONGEST = (
    "test_docker_development.py",
    "test_docker_image.py",
    "test_docker_production.py",
    "test_docs.py",
    "test_newapp.py",
    "test_project.py",
    "test_site.py",
    "test_tutorial.py",
)
# Of the lessons those whose broken project is waited for in vain.
LONGEST_LESSONS = ("celery-beat-single", "celery-delivery-guarantees", "celery-transaction-race")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def order(item: pytest.Item) -> tuple[bool, bool]:
        is_long = item.path.name in LONGEST or any(f"[{name}]" in item.name for name in LONGEST_LESSONS)
        return not is_long, item.path.name == "test_lessons.py"

    items.sort(key=order)


def pytest_configure(config: pytest.Config) -> None:
    # xdist would begin with the modules that have the most tests.
    config.option.loadscopereorder = False


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByModule:
    return ByModule(config, log)


def answers_of(lesson: Lesson) -> dict[str, str]:
    """Those of the kind of project that a lesson is about."""
    return {**DEFAULTS, **lesson.facts.get("options", {})}


class Bake(Protocol):
    """Bakes the template with these answers, as given on the command line."""

    def __call__(self, **answers: str) -> Result: ...


class Run(Protocol):
    """Runs a command, and fails the test with what it printed when it fails."""

    def __call__(
        self, *command: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = ""
    ) -> str: ...


@pytest.fixture(scope="session", autouse=True)
def _isolation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the developer's own configuration out of the bakes, and interpreters off the network."""
    folder = tmp_path_factory.mktemp("configuration")
    config = folder / "cookiecutter.yaml"
    config.write_text(
        f'replay_dir: "{(folder / "replay").as_posix()}"\n'
        f'cookiecutters_dir: "{(folder / "cookiecutters").as_posix()}"\n',
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COOKIECUTTER_CONFIG", str(config))
        patch.setenv("UV_PYTHON_DOWNLOADS", "never")
        patch.delenv("VIRTUAL_ENV", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def _roots_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remove what baked projects keep outside their folders when they are run as root."""
    yield
    baked = tmp_path_factory.getbasetemp()
    for depth in ("*", "*/*", "*/*/*"):
        for token in baked.glob(f"{depth}/.local/home"):
            remove_roots_servers(token.parent.parent)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium of this machine, without a window."""
    chromium = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if chromium is None:
        pytest.skip("There is no Chromium on PATH.")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=arguments)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as a fresh clone would have it, uncommitted changes included."""
    folder = tmp_path_factory.mktemp("template") / "alx-project-nexus"
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.check_output(command, cwd=ROOT, text=True, encoding="utf-8")
    existing = [name for name in listing.split("\0") if name and (ROOT / name).is_file()]
    for name in existing:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def bake(cookies_session: Cookies, template: Path) -> Bake:
    def bake_with(**answers: str) -> Result:
        return cookies_session.bake(extra_context=answers, template=str(template))

    return bake_with


@pytest.fixture(scope="session")
def run() -> Run:
    def run_or_fail(*command: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: str = "") -> str:
        __tracebackhide__ = True
        finished = subprocess.run(
            command,
            cwd=cwd,
            env=env,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            check=False,
        )
        if finished.returncode:
            raise AssertionError(f"{' '.join(command)}\n{telling(finished.stdout)}")
        return finished.stdout

    return run_or_fail


def telling(output: str) -> str:
    """What tells why a command failed: where pytest's account of it begins, and the end.

    A pipeline keeps the first lines of a failure, and a project's own check prints a thousand before its own.
    """
    found = re.search("=== (ERRORS|FAILURES) ===", output)
    begin = output[found.start() :] if found else output
    if len(begin) <= BEGIN + END:
        return begin
    return f"{begin[:BEGIN] if found else ''}\n[...]\n{output[-END:]}"


@pytest.fixture(scope="session")
def baked_project(template: Path, tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """A project with every default, made by the ``cookiecutter`` command. Read it only."""
    folder = tmp_path_factory.mktemp("baked")
    run(sys.executable, "-m", "cookiecutter", str(template), "--no-input", cwd=folder)
    return folder / "my_project"


@pytest.fixture
def baked_copy(baked_project: Path, tmp_path: Path) -> Path:
    """A copy of the default project that a test may change."""
    return Path(shutil.copytree(baked_project, tmp_path / baked_project.name, symlinks=True))


@pytest.fixture(scope="session")
def project_environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables to run a baked project with: all of them share one virtual environment."""
    shared = tmp_path_factory.mktemp("environment")
    environment = os.environ | {
        "UV_PROJECT_ENVIRONMENT": str(shared / "venv"),
        # Of one project, most is true of the next.
        "MYPY_CACHE_DIR": str(shared / "mypy"),
    }
    services = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
    inherited = ("DJANGO_SETTINGS_MODULE", "SECRET_KEY", "VIRTUAL_ENV", *services)
    return {name: value for name, value in environment.items() if name not in inherited}


@pytest.fixture(scope="session")
def html(template: Path, tmp_path_factory: pytest.TempPathFactory, run: Run) -> Path:
    """The site of a clean copy, from a build in which a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    options = ("-q", "-n", "-W", "--keep-going", "-b", "dirhtml", "-d", str(folder / "doctrees"))
    command = (sys.executable, "-m", "sphinx", *options, str(template / "docs"), str(folder / "html"))
    run(*command, cwd=template)
    return folder / "html"


@pytest.fixture
def machine(template: Path, tmp_path: Path, run: Run) -> dict[str, str]:
    """A machine with Python and pip, whose GitHub is a clone of this repository."""
    run(sys.executable, "-m", "venv", str(tmp_path / "python"), cwd=tmp_path)
    repository = shutil.copytree(template, tmp_path / "repository")
    run("git", "init", "--quiet", "--initial-branch=main", cwd=repository)
    run("git", "add", "--all", cwd=repository)
    run(
        "git", "-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "All",
        cwd=repository,
    )  # fmt: skip
    run("git", "tag", VERSION, cwd=repository)
    gitconfig = tmp_path / "gitconfig"
    gitconfig.write_text(f'[url "{repository.as_uri()}"]\n\tinsteadOf = {REPOSITORY}.git\n', encoding="utf-8")
    uv_cache = run("uv", "cache", "dir", cwd=tmp_path).strip()
    return os.environ | {
        "GIT_CONFIG_GLOBAL": str(gitconfig),
        "HOME": str(tmp_path),
        "PATH": f"{tmp_path / 'python' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "UV_CACHE_DIR": uv_cache,
    }
