"""Every environment variable that this project reads: its type, its default and its meaning.

``Environment`` is the schema; ``.env.example`` lists the same names, and a test keeps the two equal.
Settings read ``env.NAME``, never ``os.environ``, so a missing or malformed variable is found when
the process starts: one message names *everything* that is wrong and how to mend it.
"""

# @if cookiecutter.api_auth == "JWT"
import hashlib
# @endif
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from config import database, mail_url, project, urls_in_env
from config.env_report import InvalidEnvironment, describe

RELAXED_SETTINGS = frozenset({"config.settings.local", "config.settings.test"})
SECRET_KEY_LENGTH = 50
SIGN_IN_LENGTH = 12
TOKEN_LENGTH = 32
WEAK_KEY = f"is too weak: {SECRET_KEY_LENGTH} random characters or more."


def split_commas(value: object) -> object:
    """Turn ``"a, b,"`` into ``["a", "b"]``; a stray comma or space must not become an entry."""
    if isinstance(value, str):
        return [item.strip() for item in value.split(",") if item.strip()]
    return value


CommaSeparated = Annotated[list[str], NoDecode, BeforeValidator(split_commas)]


def is_strict(info: ValidationInfo) -> bool:
    """Whether these settings serve real users, so that nothing may be left to a default."""
    return serves_users(info.data.get("DJANGO_SETTINGS_MODULE"))


def serves_users(settings_module: str | None) -> bool:
    return settings_module not in RELAXED_SETTINGS


def is_weak(key: str) -> bool:
    """Whether a key can be guessed: Django's deployment check security.W009, which only warns."""
    return len(key) < SECRET_KEY_LENGTH or len(set(key)) < 5 or key.startswith("django-insecure-")


class Environment(BaseSettings):
    """The schema. A field without a default is required everywhere."""

    model_config = SettingsConfigDict(
        case_sensitive=True, env_ignore_empty=True, extra="ignore", frozen=True, validate_default=True
    )

    # First, because the rules below ask it how strict to be.
    DJANGO_SETTINGS_MODULE: str = Field(
        default="config.settings.production",
        description="The settings in force: config.settings.local on your machine, "
        "config.settings.production on servers.",
    )
    DEBUG: bool = Field(
        default=False,
        description="Show debug pages. Only the local settings accept true.",
    )
    SECRET_KEY: str = Field(
        description=f"Signs sessions and tokens; {SECRET_KEY_LENGTH} random characters or more.",
        examples=['$(python -c "import secrets; print(secrets.token_urlsafe(50))")'],
        json_schema_extra={"secret": True},
    )
    SECRET_KEY_FALLBACKS: CommaSeparated = Field(
        default=[],
        description="Earlier secret keys, comma-separated: still accepted while you rotate the key.",
        json_schema_extra={"secret": True},
    )
    # @if cookiecutter.api_auth == "JWT"
    JWT_SIGNING_KEY: str | None = Field(
        default=None,
        description=f"Signs the API's tokens; {SECRET_KEY_LENGTH} random characters or more, others than "
        "SECRET_KEY's. Required in production; elsewhere made from SECRET_KEY.",
        examples=['$(python -c "import secrets; print(secrets.token_urlsafe(50))")'],
        json_schema_extra={"secret": True},
    )
    JWT_SIGNING_KEY_FALLBACKS: CommaSeparated = Field(
        default=[],
        description="Earlier signing keys, comma-separated: still accepted while you rotate the key.",
        json_schema_extra={"secret": True},
    )
    # @endif
    ALLOWED_HOSTS: CommaSeparated = Field(
        default=[],
        description="Host names that this site answers to, comma-separated; required in production.",
        examples=[project.DOMAIN],
    )
    DATABASE_URL: str = Field(
        description=f"The {project.DATABASE} database. `just up` starts one and sets this when it is unset.",
        examples=[database.EXAMPLE],
        json_schema_extra={"secret": True},
    )
    DATABASE_POOL_SIZE: int = Field(
        default=4,
        ge=1,
        description="Most connections that one process keeps to PostgreSQL. To MySQL each thread keeps one.",
    )
    REDIS_URL: str = Field(
        description="Redis for the cache. `just up` starts one and sets this when it is unset.",
        examples=["redis://127.0.0.1:6379/1"],
        json_schema_extra={"secret": True},
    )
    # @if cookiecutter.broker == "Redis"
    CELERY_BROKER_URL: str | None = Field(
        default=None,
        description="The task queue: another Redis database than the cache's, or RabbitMQ by amqp://. "
        "Required in production; elsewhere the next database on the server of REDIS_URL.",
        examples=["redis://127.0.0.1:6379/0"],
        json_schema_extra={"secret": True},
    )
    # @endif
    # @if cookiecutter.broker == "RabbitMQ"
    CELERY_BROKER_URL: str = Field(
        description="The task queue: RabbitMQ by amqp://, with TLS by amqps://; or Redis by redis://. "
        "`just up` starts a RabbitMQ and sets this when it is unset.",
        examples=["amqp://user:password@127.0.0.1:5672/virtual-host"],
        json_schema_extra={"secret": True},
    )
    # @endif
    CELERY_TASK_TIME_LIMIT: int = Field(
        default=300,
        ge=2,
        description="Seconds after which a running task is stopped.",
    )
    CELERY_VISIBILITY_TIMEOUT: int = Field(
        default=3600,
        ge=1,
        description="Seconds after which Redis gives the task of a vanished worker to another one. "
        "Longer than CELERY_TASK_TIME_LIMIT, or a running task starts twice.",
    )
    CELERY_WORKER_CONCURRENCY: int = Field(
        default=2,
        ge=1,
        description="How many tasks one worker runs side by side: a process and a database connection each.",
    )
    CELERY_WORKER_PREFETCH_MULTIPLIER: int = Field(
        default=1,
        ge=1,
        description="How many tasks a worker takes in advance for each of its processes. More is faster for "
        "thousands of very short tasks, and holds short ones back behind long ones.",
    )
    CELERY_WORKER_MAX_TASKS_PER_CHILD: int = Field(
        default=500,
        ge=1,
        description="Tasks after which a process of the worker is replaced: bounds what a leak can cost.",
    )
    CELERY_WORKER_MAX_MEMORY_PER_CHILD: int = Field(
        default=400_000,
        ge=100_000,
        description="KB of memory after which a process of the worker is replaced, once its task is done. "
        "All processes together have to fit into the machine.",
    )
    CELERY_WORKER_GRACE_SECONDS: int = Field(
        default=20,
        ge=1,
        description="How long a worker that is told to stop lets running tasks finish; then it gives them "
        "back to the queue. Some seconds less than your platform waits before it kills, often 30.",
    )
    EMAIL_URL: str = Field(
        default="console://",
        description="Where e-mail goes: console:// prints it; smtp://user:password@host:587 uses "
        "STARTTLS, smtps://user:password@host:465 TLS from the start. Required in production.",
        examples=["smtp://user:password@mail.example.com:587"],
        json_schema_extra={"secret": True},
    )
    EMAIL_TIMEOUT: int = Field(
        default=10,
        ge=1,
        description="Seconds after which a silent mail server is given up.",
    )
    DEFAULT_FROM_EMAIL: str = Field(
        default=f"noreply@{project.DOMAIN}",
        description="The sender of the site's e-mail.",
    )
    SITE_URL: str | None = Field(
        default=None,
        description="The public address of this site, for links in e-mails. Unset, it is "
        f"https://{project.DOMAIN}; on your machine the address that `just up` shows.",
        examples=[f"https://{project.DOMAIN}"],
    )
    FRONTEND_URL: str | None = Field(
        default=None,
        description="The front end whose pages /verify-email and /reset-password the links in e-mails "
        "open. Unset, they open small pages of this site.",
        examples=["https://app.example.com"],
    )
    CORS_ALLOWED_ORIGINS: CommaSeparated = Field(
        default=[],
        description="Front ends on other origins that may call the API: scheme://host[:port], "
        "comma-separated.",
        examples=["https://app.example.com"],
    )
    CSRF_TRUSTED_ORIGINS: CommaSeparated = Field(
        default=[],
        description="Other origins whose pages may post with a session cookie: scheme://host[:port].",
        examples=["https://app.example.com"],
    )
    NUM_PROXIES: int = Field(
        default=1,
        ge=0,
        description="Trusted proxies in front of this process; 0 when clients reach it directly, so "
        "that nobody's X-Forwarded-* headers are believed.",
    )
    SECURE_SSL_REDIRECT: bool = Field(
        default=True,
        description="Redirect http:// to https:// (production).",
    )
    SECURE_HSTS_SECONDS: int = Field(
        default=3600,
        ge=1,
        description="How long browsers insist on HTTPS (production). Raise it to 31536000, one year, "
        "when HTTPS has proven itself.",
    )
    LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        default="INFO",
        description="The least severe log records that are shown.",
    )
    PORT: int = Field(
        default=8000,
        ge=1,
        le=65535,
        description="The port that gunicorn listens on (production).",
    )
    WEB_CONCURRENCY: int = Field(
        default=2,
        ge=1,
        description="How many worker processes gunicorn starts (production).",
    )
    WEB_THREADS: int = Field(
        default=4,
        ge=1,
        description="How many threads each gunicorn worker has (production).",
    )
    WEB_TIMEOUT: int = Field(
        default=30,
        ge=1,
        description="Seconds after which a gunicorn worker that has gone silent is replaced (production).",
    )
    WEB_GRACE_SECONDS: int = Field(
        default=20,
        ge=1,
        description="How long running requests may take to end when gunicorn is told to stop (production). "
        "Some seconds less than your platform waits before it kills, often 30.",
    )
    WEB_KEEP_ALIVE: int = Field(
        default=5,
        ge=0,
        description="Seconds for which an idle connection is kept open (production). Longer than the proxy "
        "in front keeps its own, where it reuses them.",
    )
    WEB_MAX_REQUESTS: int = Field(
        default=2000,
        ge=0,
        description="Requests after which a gunicorn worker is replaced (production); 0 for never.",
    )
    WEB_MAX_REQUESTS_JITTER: int = Field(
        default=200,
        ge=0,
        description="Up to so many more at random, so that not all workers go at once (production).",
    )
    WEB_PORT: int = Field(
        default=8000,
        ge=1,
        le=65535,
        description="The port that `just up` tries first.",
    )
    USE_DOCKER: bool = Field(
        default=False,
        description="Whether `just up` and the other verbs run everything in the containers of compose.yaml.",
    )
    SERVICES_PASSWORD: str | None = Field(
        default=None,
        description="The password of the database and the broker that compose.yaml starts.",
        json_schema_extra={"secret": True},
    )
    HOST_UID: int = Field(
        default=1000,
        ge=0,
        description="The number of the user to whom belongs what containers of compose.yaml write; `id -u`.",
    )
    HOST_GID: int = Field(
        default=1000,
        ge=0,
        description="The number of that user's group; `id -g`.",
    )
    FLOWER_PORT: int = Field(
        default=5555,
        ge=1,
        le=65535,
        description="The port of Flower on your machine that `just flower` and compose.yaml take.",
    )
    MAILPIT_PORT: int = Field(
        default=8025,
        ge=1,
        le=65535,
        description="The port of compose.yaml's mail catcher on your machine.",
    )
    FLOWER_BASIC_AUTH: CommaSeparated = Field(
        default=[],
        description="Who may look at the workers with Flower: user:password, comma-separated. It does not "
        "start without.",
        json_schema_extra={"secret": True},
    )
    METRICS_TOKEN: str | None = Field(
        default=None,
        description=f"The bearer token that opens /metrics, {TOKEN_LENGTH} random characters or more. Unset, "
        "there is no such page.",
        examples=['$(python -c "import secrets; print(secrets.token_urlsafe(32))")'],
        json_schema_extra={"secret": True},
    )
    DJANGO_SUPERUSER_EMAIL: str | None = Field(
        default=None,
        description="`just up` creates this superuser when it does not exist yet.",
    )
    DJANGO_SUPERUSER_PASSWORD: str | None = Field(
        default=None,
        description="That superuser's password.",
        json_schema_extra={"secret": True},
    )

    @field_validator("DEBUG")
    @classmethod
    def refuse_debug_in_production(cls, value: bool, info: ValidationInfo) -> bool:
        if value and is_strict(info):
            raise ValueError("must be off: debug pages show settings and code to every visitor.")
        return value

    @field_validator("SECRET_KEY")
    @classmethod
    def refuse_weak_secret_key(cls, value: str, info: ValidationInfo) -> str:
        if is_strict(info) and is_weak(value):
            raise ValueError(WEAK_KEY)
        return value

    # @if cookiecutter.api_auth == "JWT"
    @field_validator("JWT_SIGNING_KEY")
    @classmethod
    def require_a_signing_key_of_its_own(cls, value: str | None, info: ValidationInfo) -> str | None:
        secret_key = info.data.get("SECRET_KEY", "")
        if not is_strict(info):
            return value or hashlib.sha256(f"signing key from {secret_key}".encode()).hexdigest()
        if value is None:
            raise ValueError("is missing: it must outlive a change of SECRET_KEY.")
        if is_weak(value):
            raise ValueError(WEAK_KEY)
        if value == secret_key:
            raise ValueError("is SECRET_KEY: give it a value of its own.")
        return value

    # @endif
    @field_validator("ALLOWED_HOSTS")
    @classmethod
    def refuse_careless_hosts(cls, hosts: list[str], info: ValidationInfo) -> list[str]:
        if not hosts and is_strict(info):
            raise ValueError("is missing: nobody could reach the site.")
        if "*" in hosts and is_strict(info):
            raise ValueError("must not be *: name the hosts, or forged Host headers are believed.")
        for host in hosts:
            if "/" in host or ":" in host:
                raise ValueError(f"holds {host!r}: give the host name only, no scheme, port or path.")
        return hosts

    @field_validator("DATABASE_URL")
    @classmethod
    def check_database_url(cls, value: str) -> str:
        return urls_in_env.require_service_url(value, schemes=database.SCHEMES, path=True)

    @field_validator("REDIS_URL")
    @classmethod
    def check_redis_url(cls, value: str) -> str:
        return urls_in_env.require_redis_url(value)

    # @if cookiecutter.broker == "Redis"
    @field_validator("CELERY_BROKER_URL")
    @classmethod
    def check_broker_url(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            return urls_in_env.require_broker_url(value)
        if is_strict(info):
            raise ValueError("is missing: the queue needs a Redis database of its own.")
        cache_url = info.data.get("REDIS_URL")
        return urls_in_env.next_redis_database(cache_url) if cache_url else None

    # @endif
    # @if cookiecutter.broker == "RabbitMQ"
    @field_validator("CELERY_BROKER_URL")
    @classmethod
    def check_broker_url(cls, value: str) -> str:
        return urls_in_env.require_broker_url(value)

    # @endif
    @field_validator("EMAIL_URL")
    @classmethod
    def check_email_url(cls, value: str, info: ValidationInfo) -> str:
        value = value.strip()
        if value == "console://":
            if is_strict(info):
                raise ValueError("is missing: e-mail would only be printed.")
            return value
        mail_url.read_mail_url(value)
        return value

    @field_validator("FLOWER_BASIC_AUTH")
    @classmethod
    def refuse_careless_sign_in(cls, sign_ins: list[str]) -> list[str]:
        for sign_in in sign_ins:
            user, _, password = sign_in.partition(":")
            if not user or len(password) < SIGN_IN_LENGTH:
                raise ValueError(
                    f"must be user:password, the password with {SIGN_IN_LENGTH} characters or more."
                )
        return sign_ins

    @field_validator("METRICS_TOKEN")
    @classmethod
    def refuse_weak_token(cls, value: str | None) -> str | None:
        if value is not None and len(value) < TOKEN_LENGTH:
            raise ValueError(f"is too weak: {TOKEN_LENGTH} random characters or more.")
        return value

    @field_validator("SITE_URL", "FRONTEND_URL")
    @classmethod
    def check_address_of_pages(cls, value: str | None) -> str | None:
        if value is None:
            return None
        address = urls_in_env.require_service_url(value, schemes=("http", "https"))
        return address.rstrip("/")


def read_environment(**values: Any) -> Environment:
    """Read and validate the process environment.

    Args:
        values: Used instead of the variables of the same names; for tests.

    Raises:
        InvalidEnvironment: At least one variable is missing or malformed. Its message lists all of
            them and never prints a secret.
    """
    try:
        return Environment(**values)
    except ValidationError as error:
        raise InvalidEnvironment(describe(error, Environment)) from None


try:
    env = read_environment()
except InvalidEnvironment as error:
    # SystemExit prints the message alone: a traceback through Django would bury it.
    raise SystemExit(str(error)) from None
