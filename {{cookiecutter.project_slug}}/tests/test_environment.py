"""The contract of ``config/env.py``: what is missing or malformed stops the process, in words."""

import io
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest
from dotenv import dotenv_values

from config.database import SCHEMES
from config.dotenv import complete_environment
from config.env import Environment, read_environment
from config.env_report import InvalidEnvironment
from config.mail_url import read_mail_url
from config.urls_in_env import next_redis_database
from tests.processes import PROJECT_DIR, production_environment, run_python, signing_keys

pytestmark = pytest.mark.django_db

DATABASE = SCHEMES[0]
# Read on a developer's machine, by `just up` and compose.yaml. No platform sets them.
FOR_DEVELOPMENT = frozenset(
    {
        "DEBUG",
        "DJANGO_SUPERUSER_EMAIL",
        "DJANGO_SUPERUSER_PASSWORD",
        "FLOWER_PORT",
        "HOST_GID",
        "HOST_UID",
        "MAILPIT_PORT",
        "SERVICES_PASSWORD",
        "USE_DOCKER",
        "WEB_PORT",
    }
)
# With the lesson about what happens without it.
REQUIRED_IN_PRODUCTION = {
    "SECRET_KEY": "env-required-settings",
    "ALLOWED_HOSTS": "allowed-hosts",
    "DATABASE_URL": "env-database-url-fallback",
    "REDIS_URL": "env-required-settings",
    "CELERY_BROKER_URL": "redis-shared-by-cache-and-broker",
    "EMAIL_URL": "env-required-settings",
}
GOOD_VALUES = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": "a-key-for-tests-" + "0123456789" * 5,
    **signing_keys(),
    "ALLOWED_HOSTS": "shop.example.com",
    "DATABASE_URL": f"{DATABASE}://app:secret@db.example.com:5432/app",
    "REDIS_URL": "redis://redis.example.com:6379/1",
    "CELERY_BROKER_URL": "redis://redis.example.com:6379/0",
    "EMAIL_URL": "smtp://mail.example.com:587",
}


def boot(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Start Django with production's settings and a changed environment."""
    return run_python(
        "-c", "import config, django; django.setup()", environment=production_environment(**changes)
    )


def refusal(**values: object) -> str:
    """Return the message with which production's environment refuses ``values``."""
    with pytest.raises(InvalidEnvironment) as refused:
        read_environment(**{**GOOD_VALUES, **values})
    return str(refused.value)


def test_production_starts_with_a_complete_environment() -> None:
    result = boot()

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    "variable",
    [
        pytest.param(variable, marks=pytest.mark.lesson(lesson))
        for variable, lesson in REQUIRED_IN_PRODUCTION.items()
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_production_stops_without_a_required_variable(variable: str, value: str | None) -> None:
    result = boot(**{variable: value})

    assert result.returncode == 1
    assert f"\n  {variable} is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_all_problems_are_told_at_once() -> None:
    result = boot(SECRET_KEY=None, DATABASE_URL="sqlite://x", PORT="eighty", DEBUG="yes", ALLOWED_HOSTS="*")

    named = re.findall(r"^  ([A-Z_]+) ", result.stderr, flags=re.MULTILINE)
    assert named == ["DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "PORT"]
    assert "PORT is not a whole number. It is 'eighty'." in result.stderr


@pytest.mark.lesson("env-required-settings")
@pytest.mark.parametrize("value", ["False", "false", "0", "no", "off", ""])
def test_debug_is_off_for_every_way_to_write_it(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", value)

    assert read_environment().DEBUG is False


@pytest.mark.lesson("env-required-settings")
def test_debug_is_refused_in_production() -> None:
    assert "DEBUG must be off" in refusal(DEBUG="true")


def test_something_else_than_a_boolean_is_refused() -> None:
    assert "DEBUG is neither true nor false. It is 'maybe'." in refusal(DEBUG="maybe")


@pytest.mark.lesson("secrets-in-repo")
@pytest.mark.parametrize("key", ["short", "x" * 60, "django-insecure-" + "0123456789" * 5])
def test_weak_secret_key_is_refused_without_being_shown(key: str) -> None:
    message = refusal(SECRET_KEY=key)

    assert "SECRET_KEY is too weak" in message
    assert key not in message


@pytest.mark.lesson("allowed-hosts")
@pytest.mark.parametrize("host", ["https://example.com", "example.com:8000", "example.com/path"])
def test_host_with_scheme_port_or_path_is_refused(host: str) -> None:
    assert f"ALLOWED_HOSTS holds {host!r}" in refusal(ALLOWED_HOSTS=host)


@pytest.mark.lesson("allowed-hosts")
def test_blank_entries_of_a_list_are_dropped() -> None:
    env = read_environment(**{**GOOD_VALUES, "ALLOWED_HOSTS": " a.example , ,b.example,"})

    assert env.ALLOWED_HOSTS == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("character", "escaped"), [("@", "%40"), ("#", "%23"), ("/", "%2F"), ("?", "%3F"), ("%", "%25")]
)
@pytest.mark.parametrize(
    ("variable", "scheme"),
    [("DATABASE_URL", DATABASE), ("CELERY_BROKER_URL", "redis"), ("CELERY_BROKER_URL", "amqps")],
)
def test_unescaped_password_is_recognised_and_never_shown(
    character: str, escaped: str, variable: str, scheme: str
) -> None:
    message = refusal(**{variable: f"{scheme}://app:hush{character}word@db.example.com:5432/0"})

    assert f"Write {character} as {escaped}" in message
    assert f"{scheme}://<user>:<escaped password>@db.example.com:5432/0" in message
    assert "hush" not in message
    assert "word@db" not in message


def test_escaped_password_with_every_delimiter_arrives_whole() -> None:
    password = "p@ss/w#rd?100%:"  # pragma: allowlist secret
    result = run_python(
        "-c",
        "from config.settings import production; print(production.DATABASES['default']['PASSWORD'])",
        environment=production_environment(
            DATABASE_URL=f"{DATABASE}://app:{quote(password, safe='')}@db.example.com/app"
        ),
    )

    assert result.stdout == f"{password}\n"


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("DATABASE_URL", "sqlite:///db.sqlite3", f"must start with {DATABASE}://"),
        ("DATABASE_URL", f"{DATABASE}://app:x@db.example.com", "names no database"),
        ("DATABASE_URL", f"{DATABASE}://app:x@db:port/app", "has a port that is not a number"),
        ("DATABASE_URL", f"{DATABASE}:///app", "names no host."),
        ("REDIS_URL", "http://redis", "must start with redis:// or rediss://."),
        ("REDIS_URL", "redis://redis/cache", "names the database 'cache'"),
        ("CELERY_BROKER_URL", "redis", "must start with redis://"),
        ("CELERY_BROKER_URL", "http://rabbit.example", "must start with redis:// or rediss:// or amqp://"),
        ("CELERY_BROKER_URL", "redis://redis/queue", "names the database 'queue'"),
        ("CELERY_BROKER_URL", "amqp://app:x@rabbit:port/app", "has a port that is not a number"),
        ("CELERY_BROKER_URL", "amqp:///app", "names no host."),
        ("CELERY_BROKER_URL", "amqp://rabbit/my/app", "names the virtual host 'my/app': write / as %2F"),
        ("EMAIL_URL", "console://", "is missing"),
        ("EMAIL_URL", "mail.example.com", "must start with smtp:// or smtps://."),
        ("EMAIL_URL", "smtp://mail.example.com:465", "says smtp:// with port 465, where TLS begins at once"),
        ("EMAIL_URL", "smtp://localhost:465", "says smtp:// with port 465"),
        ("EMAIL_URL", "smtps://mail.example.com:587", "says smtps:// with port 587, where TLS begins by"),
        ("EMAIL_URL", "smtps://mail.example.com:25", "says smtps:// with port 25"),
        ("EMAIL_URL", "smtp://mail.example.com/?tls=false", "has something after the host and port"),
        ("EMAIL_URL", "smtp://mail.example.com:0", "has a port that is not a number"),
        ("EMAIL_URL", "smtp://", "names no host."),
        ("EMAIL_URL", "smtp://shop@mail.example.com", "has no password"),
        ("EMAIL_URL", "smtp://:secret@mail.example.com", "has no user name"),
        ("EMAIL_URL", "smtp://me@shop.example:x@mail.example.com", "has a user name with characters"),
        ("EMAIL_URL", "smtp://shop:p%C3%A4ss@mail.example.com", "has a password with characters outside"),
        ("EMAIL_URL", "smtp://sh%0Aop:x@mail.example.com", "has a user name with characters outside ASCII"),
        ("EMAIL_TIMEOUT", "0", "is refused"),
        ("FLOWER_BASIC_AUTH", "admin:short", "must be user:password, the password with 12 characters"),
        ("FLOWER_BASIC_AUTH", "a-long-password-alone", "must be user:password"),
        ("FLOWER_BASIC_AUTH", ":a-long-password-alone", "must be user:password"),
        ("METRICS_TOKEN", "short", "is too weak: 32 random characters or more."),
        ("LOG_LEVEL", "LOUD", "is refused"),
        ("WEB_CONCURRENCY", "0", "is refused"),
    ],
)
def test_malformed_variable_is_named_with_its_problem(variable: str, value: str, problem: str) -> None:
    assert f"\n  {variable} {problem}" in refusal(**{variable: value})


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        # Beside this container, and only without a password.
        ("smtp://mail:1025", 1025, "none"),
        ("smtp://mail:587", 587, "STARTTLS"),
        ("smtp://user:password@mail:1025", 1025, "STARTTLS"),
        ("smtp://mail.example.com", 587, "STARTTLS"),
        ("smtp://mail.example.com:587", 587, "STARTTLS"),
        ("smtp://mail.example.com:25", 25, "STARTTLS"),
        ("smtp://mail.example.com:2525", 2525, "STARTTLS"),
        ("smtps://mail.example.com", 465, "implicit"),
        ("smtps://mail.example.com:2465", 2465, "implicit"),
        ("smtp://localhost:587", 587, "STARTTLS"),
        ("smtp://localhost", 587, "STARTTLS"),
        ("smtp://localhost:1025", 1025, "none"),
        ("smtp://127.0.0.1:25", 25, "none"),
        ("smtp://[::1]:25", 25, "none"),
        ("smtp://192.0.2.1:25", 25, "STARTTLS"),
    ],
)
def test_mail_url_tells_the_port_and_the_way_of_tls(url: str, port: int, tls: str) -> None:
    server = read_mail_url(url)

    assert (server.port, server.implicit_tls, server.starttls) == (port, tls == "implicit", tls == "STARTTLS")


def test_mail_password_arrives_whole_and_is_never_shown() -> None:
    password = "p@ss/w#rd?100%:"  # pragma: allowlist secret
    server = read_mail_url(f"smtps://me%40shop.example:{quote(password, safe='')}@mail.example.com")
    message = refusal(EMAIL_URL=f"smtp://shop:hush{password}@mail.example.com:465")

    assert (server.user, server.password) == ("me@shop.example", password)
    assert "Write @ as %40, / as %2F, # as %23, ? as %3F, % as %25" in message
    assert "hush" not in message


def test_settings_of_mail_follow_its_url() -> None:
    names = ("HOST", "PORT", "USE_SSL", "USE_TLS", "TIMEOUT")
    program = f"from config.settings import base; print([getattr(base, 'EMAIL_' + n) for n in {names}])"

    result = run_python(
        "-c",
        program,
        environment=production_environment(EMAIL_URL="smtps://mail.example.com", EMAIL_TIMEOUT="7"),
    )

    assert result.stdout == "['mail.example.com', 465, True, False, 7]\n"


@pytest.mark.skipif(
    Environment.model_fields["CELERY_BROKER_URL"].is_required(), reason="RabbitMQ has an address of its own."
)
def test_queue_gets_the_database_after_the_caches_in_development() -> None:
    env = read_environment(
        DJANGO_SETTINGS_MODULE="config.settings.local",
        REDIS_URL="redis://127.0.0.1:6379/1",
        CELERY_BROKER_URL=None,
    )

    assert env.CELERY_BROKER_URL == "redis://127.0.0.1:6379/2"


def test_redis_address_without_a_number_means_database_zero() -> None:
    assert next_redis_database("redis://127.0.0.1") == "redis://127.0.0.1/1"


def test_production_does_not_ask_for_what_is_read_in_development() -> None:
    assert FOR_DEVELOPMENT - Environment.model_fields.keys() == set()
    assert FOR_DEVELOPMENT & REQUIRED_IN_PRODUCTION.keys() == set()


def example_entries() -> dict[str, str]:
    """Return every variable of ``.env.example``; commented ones too."""
    text = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=(.*)$", text, flags=re.MULTILINE))


@pytest.mark.lesson("env-required-settings")
def test_example_file_lists_exactly_the_variables_of_the_schema() -> None:
    assert list(example_entries()) == list(Environment.model_fields)


def test_commented_lines_of_the_example_file_show_the_defaults() -> None:
    text = (PROJECT_DIR / ".env.example").read_text(encoding="utf-8")
    commented = re.findall(r"^# ([A-Z][A-Z_]+=.*)$", text, flags=re.MULTILINE)
    shown = dotenv_values(stream=io.StringIO("\n".join(commented)))
    defaults = {name: Environment.model_fields[name].default for name in shown}

    assert {name: value or "" for name, value in shown.items()} == {
        name: as_written(default) for name, default in defaults.items()
    }


def as_written(default: object) -> str:
    """Return a default as a ``.env`` file writes it."""
    if default in (None, []) or type(default).__name__ == "PydanticUndefinedType":
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


@pytest.fixture
def development_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with both files, and an environment that chooses nothing."""
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")
    monkeypatch.setenv("FROM_THE_SHELL", "shell")
    # Set and taken back, so that monkeypatch removes what the test is going to load.
    for name in ("FROM_DOTENV", "FROM_SERVICES"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    (tmp_path / ".local").mkdir()
    (tmp_path / ".env").write_text(
        "DJANGO_SETTINGS_MODULE=config.settings.local\nFROM_THE_SHELL=dotenv\nFROM_DOTENV=dotenv\n"
    )
    (tmp_path / ".local" / "services.env").write_text("FROM_DOTENV=services\nFROM_SERVICES=services\n")
    return tmp_path


def test_shell_wins_over_dotenv_and_dotenv_over_started_services(development_machine: Path) -> None:
    complete_environment(development_machine)

    names = ("DJANGO_SETTINGS_MODULE", "FROM_THE_SHELL", "FROM_DOTENV", "FROM_SERVICES")
    assert [os.environ[name] for name in names] == [
        "config.settings.local",
        "shell",
        "dotenv",
        "services",
    ]


def test_forgotten_dotenv_changes_nothing_on_a_server(
    development_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "config.settings.production")

    complete_environment(development_machine)

    assert "FROM_DOTENV" not in os.environ


def test_settings_are_productions_when_nobody_chooses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")

    complete_environment(tmp_path)

    assert os.environ["DJANGO_SETTINGS_MODULE"] == "config.settings.production"
