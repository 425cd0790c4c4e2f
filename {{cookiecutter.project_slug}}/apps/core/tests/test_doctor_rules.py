"""Each rule of the doctor: what it says when all is well, and what it says when it is not."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.staticfiles.storage import ManifestFilesMixin
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.exceptions import NodeNotFoundError
from django_celery_beat.models import IntervalSchedule, PeriodicTask
from pytest_django.fixtures import Settings

from apps.core.doctor import heartbeat
from apps.core.doctor.findings import Finding, Severity
from apps.core.doctor.rules import cache, database, mail, origins, queue, static, system
from apps.core.doctor.services import STAND_IN_HOST

Examine = Callable[[], list[Finding]]
NOWHERE = "redis://127.0.0.1:1/0"
REDIS = "django.core.cache.backends.redis.RedisCache"
PROXY_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def the_finding(examine: Examine) -> Finding:
    findings = examine()
    assert len(findings) == 1, findings
    return findings[0]


def assert_fine(examine: Examine, seen: str) -> None:
    finding = the_finding(examine)
    assert (finding.severity, finding.wrong) == (Severity.OK, "")
    assert seen in finding.seen


def assert_found(examine: Examine, severity: Severity, wrong: str, lesson: str) -> None:
    finding = the_finding(examine)
    assert (finding.severity, finding.lesson) == (severity, lesson)
    assert wrong in finding.wrong
    assert finding.seen
    assert finding.mend


# --- settings and system checks ---


def test_loaded_settings_are_named() -> None:
    assert_fine(system.examine_settings, "config.settings.test is complete")


def test_system_checks_of_a_deployment_are_counted() -> None:
    assert_found(system.examine_system, Severity.WARNING, "SECURE_SSL_REDIRECT", "deploy-check-gate")


def test_system_checks_find_nothing_in_development(settings: Settings) -> None:
    settings.SERVES_USERS = False

    assert_fine(system.examine_system, "checks found nothing")


def test_finding_of_an_own_check_keeps_its_lesson_and_mend(settings: Settings) -> None:
    settings.SERVES_USERS = False
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if name != "whitenoise.middleware.WhiteNoiseMiddleware"
    ]

    assert_found(system.examine_system, Severity.ERROR, "WhiteNoise", "static-not-served")


# --- cache ---


def test_working_cache_is_fine() -> None:
    assert_fine(cache.examine_cache, "RedisCache keeps what it is given")


@pytest.mark.parametrize(
    ("configuration", "wrong"),
    [
        ({"BACKEND": REDIS, "LOCATION": NOWHERE}, "The cache does not work"),
        ({"BACKEND": "django.core.cache.backends.dummy.DummyCache"}, "The cache forgets at once"),
        ({"BACKEND": REDIS, "LOCATION": f"redis://{STAND_IN_HOST}/1"}, "Redis does not run"),
    ],
)
def test_cache_that_does_not_work_is_found(
    configuration: dict[str, str], wrong: str, settings: Settings
) -> None:
    settings.CACHES = {"default": configuration}

    assert_found(cache.examine_cache, Severity.ERROR, wrong, "cache-shared-backend")


# --- database ---


@pytest.mark.django_db
def test_database_as_it_should_be_is_fine() -> None:
    assert_fine(database.examine_connection, connection.display_name)
    assert_fine(database.examine_files, "complete")
    assert_fine(database.examine_history, "all applied")
    assert_fine(database.examine_schema, "the tables fit the models")
    assert_fine(database.examine_clock, "apart from the database's")


@pytest.mark.parametrize(
    ("host", "port", "wrong"),
    [(STAND_IN_HOST, "", "does not run for this project"), ("127.0.0.1", "1", "Nothing listens")],
)
def test_database_that_cannot_be_reached_is_diagnosed(
    host: str, port: str, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.settings_dict, "HOST", host)
    monkeypatch.setitem(connection.settings_dict, "PORT", port)

    finding = the_finding(database.examine_connection)

    assert (finding.severity, finding.lesson) == (Severity.ERROR, "pg-connection-triage")
    assert wrong in finding.wrong
    assert finding.mend


def test_driver_that_is_not_whole_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def gap(**_options: object) -> None:
        raise ImproperlyConfigured("Error loading psycopg_pool module. Did you install psycopg[pool]?")

    monkeypatch.setattr(database, "ask_database", gap)

    assert_found(database.examine_connection, Severity.ERROR, "is not installed", "db-driver")


def loader(**attributes: Any) -> Callable[..., SimpleNamespace]:
    return lambda *_args: SimpleNamespace(**attributes)


def test_migrations_side_by_side_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    conflicts = {"users": {"0002_a", "0002_b"}}
    monkeypatch.setattr(database, "MigrationLoader", loader(detect_conflicts=lambda: conflicts))

    assert_found(database.examine_files, Severity.ERROR, "Two branches", "migration-conflicts")


def test_missing_migration_file_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_args: object) -> None:
        raise NodeNotFoundError("users.0002 depends on 0001", ("users", "0001"))

    monkeypatch.setattr(database, "MigrationLoader", missing)
    assert_found(database.examine_files, Severity.ERROR, "whose file is gone", "migration-history-rewrite")

    monkeypatch.setattr(database, "MigrationExecutor", missing)
    assert_found(
        database.examine_history, Severity.WARNING, "cannot be compared", "migration-history-rewrite"
    )


def test_model_without_its_migration_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    operation = SimpleNamespace(describe=lambda: "Add field phone")
    changes = {"users": [SimpleNamespace(operations=[operation])]}
    monkeypatch.setattr(
        database, "MigrationAutodetector", lambda *_args: SimpleNamespace(changes=lambda **_kwargs: changes)
    )

    assert_found(database.examine_files, Severity.ERROR, "no migration brings", "migration-history-rewrite")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "wrong", "lesson"),
    [
        (
            "DELETE FROM django_migrations WHERE app = 'django_celery_beat' AND name NOT LIKE '0001%'",
            "The database is behind the code",
            "migrate-once-per-release",
        ),
        (
            "DELETE FROM django_migrations WHERE app = 'users'",
            "without the one that it builds on",
            "migration-history-rewrite",
        ),
        (
            "INSERT INTO django_migrations (app, name, applied) VALUES ('users', '0009_gone', now())",
            "no longer among the files",
            "migration-history-rewrite",
        ),
    ],
)
def test_history_that_differs_from_the_files_is_found(statement: str, wrong: str, lesson: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)

    assert_found(database.examine_history, Severity.ERROR, wrong, lesson)


@pytest.mark.django_db
@pytest.mark.parametrize(("shift", "direction"), [(100, "behind"), (-100, "ahead")])
def test_clocks_that_differ_are_found(shift: int, direction: str, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = time.time() + shift
    monkeypatch.setattr(database.time, "time", lambda: moment)  # type: ignore[attr-defined]

    finding = the_finding(database.examine_clock)

    assert finding.severity is Severity.ERROR
    assert finding.seen.endswith(direction)


# --- queue ---

ALL_QUEUES = ("default", "mail", "reports")


class Control:
    """Workers as they would answer."""

    def __init__(self, *, names: list[str], tasks: list[str], queues: list[str]) -> None:
        self.names, self.tasks, self.queues = names, tasks, queues

    def ping(self, **_options: object) -> list[dict[str, Any]]:
        return [{name: {"ok": "pong"}} for name in self.names]

    def inspect(self, **_options: object) -> "Control":
        return self

    def registered(self) -> dict[str, list[str]]:
        return dict.fromkeys(self.names, self.tasks)

    def active_queues(self) -> dict[str, list[dict[str, str]]]:
        return {name: [{"name": queue} for queue in self.queues] for name in self.names}


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let these workers answer, instead of nobody."""

    def answer(*names: str, tasks: list[str] | None = None, queues: tuple[str, ...] = ALL_QUEUES) -> None:
        known = sorted(queue.own_tasks()) if tasks is None else tasks
        control = Control(names=list(names), tasks=known, queues=list(queues))
        monkeypatch.setattr("apps.core.doctor.rules.queue.current_app.control", control)

    return answer


def test_broker_that_answers_is_fine() -> None:
    assert_fine(queue.examine_broker, "answers, ")


def test_broker_that_does_not_answer_is_found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ConnectionError("refused")

    monkeypatch.setattr(queue, "probe_broker", refuse)
    assert_found(queue.examine_broker, Severity.ERROR, "cannot be reached", "celery-broker-config")


@pytest.mark.parametrize(
    ("url", "wrong"),
    [("redis://elsewhere.example/0", "does not read"), (f"redis://{STAND_IN_HOST}/0", "does not run")],
)
def test_broker_of_somebody_else_is_found(url: str, wrong: str, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = url

    assert_found(queue.examine_broker, Severity.ERROR, wrong, "celery-broker-config")


def test_worker_that_answers_and_knows_all_is_fine(workers: Callable[..., None]) -> None:
    workers("celery@one", "celery@two")

    assert_fine(queue.examine_worker, "celery@one, celery@two answered")
    assert_fine(queue.examine_tasks, "each worker knows all")
    assert_fine(queue.examine_queues, "default, mail, reports read by a worker")


@pytest.mark.parametrize(("serves_users", "severity"), [(False, Severity.WARNING), (True, Severity.ERROR)])
def test_absent_worker_is_worse_where_users_are_served(
    serves_users: bool, severity: Severity, workers: Callable[..., None], settings: Settings
) -> None:
    settings.SERVES_USERS = serves_users
    workers()

    assert_found(queue.examine_worker, severity, "Nobody runs tasks", "celery-pending-or-unregistered")


def test_worker_with_other_code_is_found(workers: Callable[..., None]) -> None:
    workers("celery@old", tasks=["users.clear_expired_sessions [rate_limit=1/m]"])

    assert_found(queue.examine_tasks, Severity.ERROR, "other code", "celery-pending-or-unregistered")


def test_worker_on_another_queue_is_found(workers: Callable[..., None]) -> None:
    workers("celery@mail", queues=("mail",))

    assert_found(
        queue.examine_queues, Severity.ERROR, "reads 'default', 'reports'", "celery-pending-or-unregistered"
    )


@pytest.mark.django_db
def test_schedule_that_was_not_brought_into_the_database_is_found(settings: Settings) -> None:
    settings.CELERY_BEAT_SCHEDULE = {"daily": {"task": "users.clear_expired_sessions", "schedule": 86400}}

    assert_found(queue.examine_schedule, Severity.ERROR, "these tasks never run", "celery-beat-single")
    assert the_finding(queue.examine_schedule).mend == "python manage.py sync_schedules"


@pytest.mark.django_db
def test_planned_task_that_nobody_knows_is_found(settings: Settings) -> None:
    settings.CELERY_BEAT_SCHEDULE = {}
    assert_fine(queue.examine_schedule, "0 planned in the database")
    interval = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
    PeriodicTask.objects.create(name="typing error", task="users.claer", interval=interval)

    assert_found(queue.examine_schedule, Severity.ERROR, "No such task", "celery-pending-or-unregistered")


def test_scheduler_that_gave_a_sign_is_fine() -> None:
    heartbeat.leave_sign("beat", now=time.time())

    assert_fine(queue.examine_beat, "at work 0 s ago")


def test_two_schedulers_share_the_work() -> None:
    heartbeat.leave_sign("one", now=time.time())
    heartbeat.leave_sign("two", now=time.time())

    assert_fine(queue.examine_beat, "2 schedulers at work: one, two")


def test_scheduler_that_stopped_is_found() -> None:
    assert_found(queue.examine_beat, Severity.ERROR, "does not run", "celery-beat-single")
    heartbeat.leave_sign("beat", now=time.time() - 60)
    assert "the last one 60 s ago" in the_finding(queue.examine_beat).seen
    heartbeat.withdraw_sign("beat")
    assert heartbeat.read_signs() == {}


def test_scheduler_without_a_sign_of_life_is_told_apart(settings: Settings) -> None:
    settings.CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

    assert_found(queue.examine_beat, Severity.WARNING, "leaves no sign", "celery-beat-single")


# --- static files, e-mail, origins ---


def test_static_files_from_the_apps_need_no_manifest() -> None:
    assert_fine(static.examine_manifest, "straight from the apps")


@pytest.fixture
def manifest(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the storage be one with this manifest, of which these files exist."""

    class Storage(ManifestFilesMixin):
        manifest_name = "staticfiles.json"

        def __init__(self, hashed: dict[str, str], existing: set[str]) -> None:
            self.hashed_files, self.existing = hashed, existing

        def exists(self, name: str) -> bool:
            return name in self.existing

    def set_manifest(hashed: dict[str, str], existing: set[str]) -> None:
        monkeypatch.setattr(static, "staticfiles_storage", Storage(hashed, existing))

    return set_manifest


def test_static_files_that_do_not_fit_their_manifest_are_found(manifest: Callable[..., None]) -> None:
    files = static.files_of_apps()
    hashed = {name: f"{name}.hashed" for name in files}
    lesson = "static-manifest"

    manifest({}, set())
    assert_found(static.examine_manifest, Severity.ERROR, "were not collected", lesson)
    manifest({"admin/css/base.css": "x"}, {"x"})
    assert_found(static.examine_manifest, Severity.ERROR, "added after", lesson)
    manifest(hashed, set())
    assert_found(static.examine_manifest, Severity.ERROR, "deleted after", lesson)
    manifest(hashed, set(hashed.values()))
    assert_fine(static.examine_manifest, f"{len(files)} files collected")


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}, "E-mail is not sent"),
        ({"EMAIL_BACKEND": mail.SMTP, "DEFAULT_FROM_EMAIL": "root@localhost"}, "refused as spam"),
    ],
)
def test_mail_that_does_not_arrive_is_found(changes: dict[str, Any], wrong: str, settings: Settings) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)

    assert_found(mail.examine_mail, Severity.ERROR, wrong, "env-required-settings")


def test_mail_that_is_printed_is_fine_in_development(settings: Settings) -> None:
    settings.SERVES_USERS = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert_fine(mail.examine_mail, "printed, not sent")

    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    assert_fine(mail.examine_mail, "sent by anymail")


def test_origins_that_fit_each_other_are_fine(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["shop.example.com"]
    settings.SECURE_PROXY_SSL_HEADER = PROXY_HEADER
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example.com"]

    assert_fine(origins.examine_hosts, "answers to shop.example.com")
    assert_fine(origins.examine_cors, "open to https://app.example.com")
    settings.CORS_ALLOWED_ORIGINS = []
    assert_fine(origins.examine_cors, "no front end on another origin")
    assert_fine(origins.examine_csrf, "own pages only")


@pytest.mark.parametrize(
    ("examine", "changes", "expected"),
    [
        (origins.examine_hosts, {"ALLOWED_HOSTS": []}, (Severity.ERROR, "Bad Request", "allowed-hosts")),
        (
            origins.examine_hosts,
            {"ALLOWED_HOSTS": ["localhost", "[::1]"]},
            (Severity.WARNING, "Only this machine", "allowed-hosts"),
        ),
        (
            origins.examine_cors,
            {"CORS_ALLOW_ALL_ORIGINS": True},
            (Severity.WARNING, "Every website", "cors-policy"),
        ),
        (
            origins.examine_cors,
            {"CORS_ALLOWED_ORIGINS": ["http://localhost:3000"]},
            (Severity.WARNING, "in the clear", "cors-policy"),
        ),
        (
            origins.examine_csrf,
            {
                "SECURE_PROXY_SSL_HEADER": None,
                "REST_FRAMEWORK": {"NUM_PROXIES": 1},
                "ALLOWED_HOSTS": ["shop.example.com"],
            },
            (Severity.ERROR, "HTTPS is not recognised", "csrf-behind-proxy"),
        ),
        (
            origins.examine_csrf,
            {
                "CORS_ALLOW_CREDENTIALS": True,
                "CORS_ALLOWED_ORIGINS": ["https://app.example.com"],
            },
            (Severity.ERROR, "their posts are refused", "csrf-behind-proxy"),
        ),
        (
            origins.examine_csrf,
            {"CSRF_TRUSTED_ORIGINS": ["http://app.example.com"]},
            (Severity.ERROR, "keep secure cookies", "csrf-behind-proxy"),
        ),
    ],
)
def test_origins_that_contradict_each_other_are_found(
    examine: Examine, changes: dict[str, Any], expected: tuple[Severity, str, str], settings: Settings
) -> None:
    for name, value in changes.items():
        setattr(settings, name, value)

    assert_found(examine, *expected)
