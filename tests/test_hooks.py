"""What happens after rendering: prune, secrets, lock, first commit, next steps."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import pytest
from dotenv import dotenv_values
from pytest_cookies.plugin import Cookies

from conftest import PROJECT_FOLDER, ROOT, Bake, Run
from hooks import post_gen_project, pre_gen_project
from tools import relock


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A folder for PATH that has git and uv, until a test takes one out."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("git", "uv"):
        (folder / tool).symlink_to(shutil.which(tool) or pytest.fail(f"{tool} is missing"))
    return folder


class Generate(Protocol):
    """Generates with nothing on PATH but the tools, and returns what was printed."""

    def __call__(
        self, *answers: str, source: Path | None = None, env: Mapping[str, str] | None = None
    ) -> str: ...


@pytest.fixture
def generate(template: Path, tmp_path: Path, tools: Path, run: Run) -> Generate:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    clean |= {"PATH": str(tools), "UV_PYTHON": sys.executable}

    def generate_with(*answers: str, source: Path | None = None, env: Mapping[str, str] | None = None) -> str:
        command = (sys.executable, "-m", "cookiecutter", str(source or template), "--no-input")
        return run(*command, *answers, cwd=tmp_path, env=clean | dict(env or {}))

    return generate_with


# Prune


@pytest.mark.parametrize("license_name", ["MIT", "Apache-2.0", "BSD-3-Clause", "GPL-3.0-or-later"])
def test_an_open_license_brings_its_text(license_name: str, bake: Bake) -> None:
    project = bake(license=license_name, author_name="Ada Lovelace").project_path
    source = (ROOT / "templates" / "licenses" / f"{license_name}.txt").read_text(encoding="utf-8")

    text = (project / "LICENSE").read_text(encoding="utf-8")

    assert text.splitlines()[0] == source.splitlines()[0]
    assert len(text.splitlines()) == len(source.splitlines())
    assert ("Ada Lovelace" in text) is ("cookiecutter.author_name" in source)


def test_a_proprietary_project_has_no_license_file(bake: Bake) -> None:
    assert not (bake(license="Proprietary").project_path / "LICENSE").exists()


@pytest.mark.parametrize(("broker", "starts_one"), [("Redis", False), ("RabbitMQ", True)])
def test_only_a_project_with_rabbitmq_knows_how_to_start_one(
    broker: str, *, starts_one: bool, bake: Bake
) -> None:
    project = bake(broker=broker).project_path

    assert (project / "devtools" / "rabbitmq_server.py").exists() is starts_one
    assert ("amqps://" in (project / "README.md").read_text(encoding="utf-8")) is starts_one


# What is spoken of only where it was chosen. "Render" with a capital is also how a sentence about templates
# begins, so it is told by what follows.
TRACES = {
    "Compose": r"compose\.production|rollout\.sh|one-machine|nginx/",
    "Render": r"render\.(com|yaml)|onrender|RENDER_|on Render\b",
    "Kubernetes": r"[Kk]ubernetes|kubectl|kustomiz|kubelet",
}


@pytest.mark.parametrize("deploy", TRACES)
def test_no_trace_is_left_of_a_platform_that_was_not_chosen(deploy: str, bake: Bake, run: Run) -> None:
    project = bake(deploy=deploy).project_path
    foreign = re.compile("|".join(pattern for name, pattern in TRACES.items() if name != deploy))

    files = run("git", "ls-files", cwd=project).splitlines()
    texts = {name: (project / name).read_bytes().decode(errors="replace") for name in files}

    # Addresses of pages stay: they say why, and not only of one platform.
    speaking = {name for name, text in texts.items() if foreign.search(re.sub(r"https://\S+", "", text))}
    assert speaking | {name for name in files if foreign.search(name)} == set()


@pytest.mark.parametrize(
    ("database", "scheme", "driver"),
    [("PostgreSQL", "postgres://", "psycopg"), ("MySQL", "mysql://", "pymysql")],
)
def test_a_project_has_the_driver_and_the_server_of_its_database_only(
    database: str, scheme: str, driver: str, bake: Bake
) -> None:
    project = bake(database=database).project_path
    pyproject, readme = (
        (project / name).read_text(encoding="utf-8") for name in ("pyproject.toml", "README.md")
    )

    assert [name for name in ("postgres", "mysql_server") if (project / f"devtools/{name}.py").exists()] == [
        {"PostgreSQL": "postgres", "MySQL": "mysql_server"}[database]
    ]
    assert [name for name in ("psycopg", "pymysql") if f'"{name}[' in pyproject] == [driver]
    assert [text for text in ("postgres://", "mysql://") if text in readme] == [scheme]


@pytest.mark.parametrize(
    ("ci", "own", "foreign"),
    [
        ("GitHub Actions", ".github/workflows/ci.yml", "Jenkinsfile"),
        ("Jenkins", "Jenkinsfile", ".github/workflows"),
    ],
)
def test_a_project_has_the_pipeline_that_was_chosen_and_not_the_other(
    ci: str, own: str, foreign: str, bake: Bake
) -> None:
    project = bake(ci=ci).project_path
    page = (project / "docs" / "pipeline.md").read_text(encoding="utf-8")

    assert (project / own).exists()
    assert not (project / foreign).exists()
    assert ("Restart from Stage" in page) is (ci == "Jenkins")
    assert ("Run workflow" in page) is (ci == "GitHub Actions")


def test_every_path_that_an_option_owns_is_in_the_template() -> None:
    owned = {
        path
        for paths_by_answer in post_gen_project.ONLY_FOR.values()
        for paths in paths_by_answer.values()
        for path in paths
    }

    assert [path for path in sorted(owned) if not (ROOT / PROJECT_FOLDER / path).exists()] == []


def test_a_file_of_another_answer_is_removed_and_the_shared_one_is_kept(tmp_path: Path) -> None:
    table = {"color": {"red": ["red", "both"], "blue": ["blue", "both"]}}
    (tmp_path / "red").mkdir()
    (tmp_path / "red" / "shade.txt").touch()
    (tmp_path / "blue").touch()
    (tmp_path / "both").touch()
    (tmp_path / "unlisted").touch()

    post_gen_project.prune(tmp_path, {"color": "blue"}, table)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["blue", "both", "unlisted"]


def test_a_file_that_two_fields_own_needs_both(tmp_path: Path) -> None:
    table = {
        "color": {"red": ["paint", "paint/red.txt"]},
        "size": {"large": ["paint/red.txt"]},
    }
    (tmp_path / "paint").mkdir()
    (tmp_path / "paint" / "red.txt").touch()

    post_gen_project.prune(tmp_path, {"color": "red", "size": "small"}, table)
    kept = [path.name for path in tmp_path.rglob("*")]
    (tmp_path / "paint" / "red.txt").touch()
    post_gen_project.prune(tmp_path, {"color": "blue", "size": "small"}, table)

    assert kept == ["paint"]
    assert list(tmp_path.iterdir()) == []


def test_a_stale_path_in_the_table_fails_loudly_and_leaves_nothing(
    template: Path, tmp_path: Path, cookies: Cookies, capfd: pytest.CaptureFixture[str]
) -> None:
    stale = shutil.copytree(template, tmp_path / "stale")
    hook = stale / "hooks" / "post_gen_project.py"
    text = hook.read_text(encoding="utf-8").replace('"MIT": ["LICENSE"]', '"MIT": ["LICENCE"]')
    hook.write_text(text, encoding="utf-8")

    result = cookies.bake(template=str(stale))

    assert result.exit_code != 0
    assert "ONLY_FOR['license'] names LICENCE, which the template lacks." in capfd.readouterr().err
    assert list((tmp_path / "cookies" / "bake00").iterdir()) == []


# Names that a project must not have


def test_every_locked_distribution_is_refused_as_a_slug() -> None:
    lock = (ROOT / PROJECT_FOLDER / "uv.lock").read_text(encoding="utf-8")

    assert relock.read_distributions(lock) == pre_gen_project.DISTRIBUTIONS


@pytest.mark.slow
def test_every_installed_import_name_is_refused_as_a_slug(
    bake: Bake, project_environment: dict[str, str]
) -> None:
    projects = [bake(api_auth=kind).project_path for kind in ("JWT", "Token", "OAuth2")]

    names = set().union(*(relock.read_import_names(project, project_environment) for project in projects))

    assert names - pre_gen_project.DISTRIBUTIONS == pre_gen_project.IMPORT_NAMES


# Secrets


def test_two_projects_share_no_secret_and_track_none(bake: Bake, run: Run) -> None:
    projects = [bake().project_path, bake().project_path]
    first, second = (dotenv_values(project / ".env") for project in projects)
    tracked = run("git", "ls-files", cwd=projects[0]).splitlines()
    contents = [(projects[0] / name).read_bytes() for name in tracked]

    keys = {env[name] for env in (first, second) for name in ("SECRET_KEY", "JWT_SIGNING_KEY")}
    assert len(keys) == 4
    assert first["DJANGO_SUPERUSER_PASSWORD"] != second["DJANGO_SUPERUSER_PASSWORD"]
    assert re.fullmatch(r"[\w-]{50,}", first["SECRET_KEY"] or "", re.ASCII)
    assert re.fullmatch(r"[\w-]{20,}", first["DJANGO_SUPERUSER_PASSWORD"] or "", re.ASCII)
    assert ".env" not in tracked
    assert ".env.example" in tracked
    assert not any((first["SECRET_KEY"] or "").encode() in content for content in contents)
    assert not any((first["DJANGO_SUPERUSER_PASSWORD"] or "").encode() in content for content in contents)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_only_the_owner_may_read_the_secrets(baked_project: Path) -> None:
    assert stat.S_IMODE((baked_project / ".env").stat().st_mode) == 0o600


def test_the_env_file_is_the_example_with_its_secrets_filled_in(baked_project: Path) -> None:
    env = dotenv_values(baked_project / ".env")
    example = dotenv_values(baked_project / ".env.example")

    assert {name for name in env if env[name] != example.get(name)} == {
        "SECRET_KEY",
        "JWT_SIGNING_KEY",
        "FLOWER_BASIC_AUTH",
        "SERVICES_PASSWORD",
        "DJANGO_SUPERUSER_EMAIL",
        "DJANGO_SUPERUSER_PASSWORD",
    }
    assert env["DJANGO_SUPERUSER_EMAIL"] == "you@example.com"


def test_secrets_that_are_in_use_are_kept(tmp_path: Path) -> None:
    example = "SECRET_KEY=\nDJANGO_SUPERUSER_EMAIL=\n# DJANGO_SUPERUSER_PASSWORD=\n"
    (tmp_path / ".env.example").write_text(example, encoding="utf-8")
    (tmp_path / ".env").write_text("SECRET_KEY=old", encoding="utf-8")

    post_gen_project.write_env(tmp_path, superuser_email="ada@example.com")

    assert (tmp_path / ".env").read_text(encoding="utf-8") == "SECRET_KEY=old"


# The lock


@pytest.mark.parametrize(
    "answers",
    [
        {"project_slug": "my_project"},
        {"project_slug": "a"},
        {"project_slug": "django_shop"},
        {"project_slug": "zzz"},
        {"project_slug": "pytest_of_ours"},
        {"api_auth": "Token", "example": "no"},
        {"api_auth": "OAuth2"},
        {"broker": "RabbitMQ"},
        {"database": "MySQL"},
        {"database": "MySQL", "api_auth": "OAuth2"},
    ],
    ids=lambda answers: "-".join(answers.values()),
)
def test_the_lock_is_byte_for_byte_what_uv_would_write(answers: dict[str, str], bake: Bake, run: Run) -> None:
    project = bake(**answers).project_path
    shipped = (project / "uv.lock").read_bytes()

    run("uv", "lock", cwd=project)

    assert (project / "uv.lock").read_bytes() == shipped


def test_without_a_network_the_lock_is_valid_all_the_same(
    generate: Generate, tmp_path: Path, run: Run
) -> None:
    offline = {"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "empty-cache")}

    output = generate(env=offline)

    assert "uv lock" not in output
    run("uv", "lock", "--check", cwd=tmp_path / "my_project", env=os.environ | offline)


def test_the_lock_holds_nothing_of_the_answers_that_were_not_given(bake: Bake) -> None:
    locked = {
        sign_in: {package["name"] for package in read_lock(bake(api_auth=sign_in, example="no").project_path)}
        for sign_in in ("JWT", "Token", "OAuth2")
    }

    assert locked["JWT"] - locked["Token"] == {"djangorestframework-simplejwt", "pyjwt"}
    assert locked["Token"] - locked["JWT"] == {"django-rest-knox"}
    assert locked["OAuth2"] >= {"django-oauth-toolkit", "oauthlib"}
    assert "pillow" not in set.union(*locked.values())
    assert "pillow" in {package["name"] for package in read_lock(bake().project_path)}


def read_lock(project: Path) -> list[dict[str, Any]]:
    packages: list[dict[str, Any]] = tomllib.loads((project / "uv.lock").read_text("utf-8"))["package"]
    return packages


def test_a_lock_that_cannot_be_mended_offline_is_a_warning_with_the_command(
    generate: Generate, template: Path, tmp_path: Path
) -> None:
    source = shutil.copytree(template, tmp_path / "stale")
    metadata = source / PROJECT_FOLDER / "pyproject.toml"
    text = metadata.read_text(encoding="utf-8")
    metadata.write_text(text.replace('"celery[redis]', '"humanize", "celery[redis]'), "utf-8")

    output = generate(source=source, env={"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path / "empty-cache")})

    assert "    uv lock             uv.lock could not be brought up to date\n" in output
    assert (tmp_path / "my_project" / ".git").is_dir()


def test_without_uv_the_first_command_installs_it(generate: Generate, tools: Path) -> None:
    (tools / "uv").unlink()

    output = generate()

    assert output.splitlines() == [
        "",
        "My Project is ready in my_project/",
        "",
        "    cd my_project",
        "    python -m pip install uv",
        "    uv run just up      start it",
        "    uv run just test    test it",
        "",
    ]


# The first commit


def test_the_first_commit_is_by_the_author_and_holds_everything(bake: Bake, run: Run) -> None:
    project = bake(author_name="Ada", author_email="ada@example.com").project_path

    history = run("git", "log", "--format=%an <%ae> %cn <%ce> %s %D", cwd=project)

    assert history == ("Ada <ada@example.com> Ada <ada@example.com> Start the project HEAD -> main\n")
    assert run("git", "status", "--short", cwd=project) == ""
    assert run("git", "status", "--short", "--ignored", cwd=project) == "!! .env\n"


def test_without_git_there_is_a_project_all_the_same(generate: Generate, tools: Path, tmp_path: Path) -> None:
    (tools / "git").unlink()

    output = generate()

    assert "My Project is ready in my_project/" in output
    assert not (tmp_path / "my_project" / ".git").exists()
    assert (tmp_path / "my_project" / ".env").is_file()


def test_the_users_git_configuration_has_no_say_in_the_first_commit(
    generate: Generate, tmp_path: Path, run: Run
) -> None:
    home = tmp_path / "home"
    hooks = home / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (hooks / "pre-commit").chmod(0o755)
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "ignore").write_text("*.lock\n", encoding="utf-8")
    (home / ".gitconfig").write_text(
        "[commit]\n\tgpgsign = true\n[user]\n\tuseConfigOnly = true\n"
        f"[core]\n\thooksPath = {hooks.as_posix()}\n\tautocrlf = true\n",
        encoding="utf-8",
    )

    generate(
        env={
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / ".config"),
            "GIT_DIR": str(home / "other"),
        }
    )

    project = tmp_path / "my_project"
    assert run("git", "log", "--format=%an", cwd=project) == "Your Name\n"
    assert "uv.lock" in run("git", "ls-files", cwd=project).splitlines()
    assert not (home / "other").exists()


def test_a_folder_with_a_history_gets_no_commit_of_ours(template: Path, tmp_path: Path, run: Run) -> None:
    project = tmp_path / "my_project"
    project.mkdir()
    run("git", "init", "--quiet", cwd=project)

    run(
        sys.executable, "-m", "cookiecutter", str(template), "--no-input",
        "--overwrite-if-exists", cwd=tmp_path,
    )  # fmt: skip

    assert (project / "manage.py").is_file()
    assert subprocess.run(["git", "rev-parse", "HEAD"], cwd=project, check=False).returncode != 0


# The hooks themselves


def test_what_now_is_printable_on_a_terminal_that_lacks_the_letters(generate: Generate) -> None:
    output = generate("project_name=Café", env={"PYTHONIOENCODING": "ascii:strict"})

    assert "\nCaf? is ready in cafe/\n" in output


def test_a_refusal_is_printable_on_a_terminal_that_lacks_the_letters(
    monkeypatch: pytest.MonkeyPatch, cookies: Cookies, template: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("PYTHONIOENCODING", "ascii:strict")

    cookies.bake(extra_context={"project_slug": "café"}, template=str(template))

    assert capfd.readouterr().err.startswith("project_slug: 'caf\\xe9' must be")
