"""Each check: silent on the project as it is, red on the mistake, and helpful about it."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from django.core.checks import CheckMessage
from pytest_django.fixtures import Settings

from apps.core.checks import (
    celery,
    cors,
    database,
    hosts,
    logging,
    permissions,
    redis,
    secret_key,
    settings_names,
    static,
    storage,
    throttling,
)
from apps.core.lessons import LESSONS_URL

Check = Callable[[None], list[CheckMessage]]

LOCMEM = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
REDIS = "django.core.cache.backends.redis.RedisCache"
S3 = {"BACKEND": "storages.backends.s3.S3Storage"}
STATIC = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
CORS = "corsheaders.middleware.CorsMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"

# Check, id, lesson, and the settings that make the mistake.
MISTAKES: list[tuple[Any, str, str, dict[str, Any]]] = [
    (
        settings_names.check_settings_are_known,
        "core.E001",
        "static-manifest",
        {"STATICFILES_STORAGE": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    ),
    (settings_names.check_settings_are_known, "core.E001", "deploy-check-gate", {"ALOWED_HOSTS": ["*"]}),
    (
        settings_names.check_settings_are_known,
        "core.E001",
        "deploy-check-gate",
        {"CORS_ALLOW_ORIGINS": ["https://app.example.com"]},
    ),
    (
        settings_names.check_settings_are_known,
        "core.E001",
        "deploy-check-gate",
        {"CELERY_TASK_ACK_LATE": True},
    ),
    (
        cors.check_credentials_have_named_origins,
        "core.E002",
        "cors-credentials-wildcard",
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True},
    ),
    (
        cors.check_credentials_have_named_origins,
        "core.E002",
        "cors-credentials-wildcard",
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://.*"], "CORS_ALLOW_CREDENTIALS": True},
    ),
    (
        cors.check_cors_middleware_comes_first,
        "core.E003",
        "cors-policy",
        {"MIDDLEWARE": [SECURITY, CORS]},
    ),
    (
        cors.check_origins_are_origins,
        "core.E004",
        "cors-policy",
        {"CORS_ALLOWED_ORIGINS": ["app.example.com"]},
    ),
    (
        cors.check_origins_are_origins,
        "core.E004",
        "cors-policy",
        {"CORS_ALLOWED_ORIGINS": ["https://app.example.com/"]},
    ),
    (
        cors.check_origins_are_origins,
        "core.E004",
        "csrf-behind-proxy",
        {"CSRF_TRUSTED_ORIGINS": ["app.example.com"]},
    ),
    (hosts.check_allowed_hosts_are_host_names, "core.E005", "allowed-hosts", {"ALLOWED_HOSTS": ["*"]}),
    (hosts.check_allowed_hosts_are_host_names, "core.E005", "allowed-hosts", {"ALLOWED_HOSTS": [""]}),
    (
        hosts.check_allowed_hosts_are_host_names,
        "core.E005",
        "allowed-hosts",
        {"ALLOWED_HOSTS": ["https://app.example.com"]},
    ),
    (
        hosts.check_redirect_knows_https_behind_a_proxy,
        "core.E006",
        "csrf-behind-proxy",
        {
            "REST_FRAMEWORK": {"NUM_PROXIES": 1},
            "SECURE_SSL_REDIRECT": True,
            "SECURE_PROXY_SSL_HEADER": None,
        },
    ),
    (
        throttling.check_throttles_have_rates,
        "core.E007",
        "throttle-effective",
        {
            "REST_FRAMEWORK": {
                "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
                "DEFAULT_THROTTLE_RATES": {"anon": None},
            }
        },
    ),
    (
        throttling.check_throttles_do_not_trust_the_client,
        "core.E008",
        "throttle-effective",
        {
            "REST_FRAMEWORK": {
                "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
                "DEFAULT_THROTTLE_RATES": {"anon": "1/min"},
                "NUM_PROXIES": None,
            }
        },
    ),
    (throttling.check_throttles_count_in_one_place, "core.E009", "throttle-effective", {"CACHES": LOCMEM}),
    (
        redis.check_cache_and_queue_are_apart,
        "core.E010",
        "redis-shared-by-cache-and-broker",
        {
            "CACHES": {"default": {"BACKEND": REDIS, "LOCATION": "redis://r.example:6379"}},
            "CELERY_BROKER_URL": "redis://r.example/0",
        },
    ),
    (
        redis.check_cache_and_queue_are_apart,
        "core.E010",
        "redis-shared-by-cache-and-broker",
        {
            "CACHES": {"default": {"BACKEND": REDIS, "LOCATION": ["redis://a/1", "redis://b/1"]}},
            "CELERY_BROKER_URL": "redis://b/1",
        },
    ),
    (
        redis.check_tasks_end_before_they_are_given_away,
        "core.E011",
        "celery-delivery-guarantees",
        {
            "CELERY_BROKER_URL": "redis://r.example/0",
            "CELERY_TASK_TIME_LIMIT": 60,
            # Long enough to run, but not to wait for the next attempt and then to run.
            "CELERY_BROKER_TRANSPORT_OPTIONS": {"visibility_timeout": 300},
        },
    ),
    (
        redis.check_tasks_end_before_they_are_given_away,
        "core.E011",
        "celery-delivery-guarantees",
        {"CELERY_BROKER_URL": "amqp://rabbit.example", "CELERY_TASK_TIME_LIMIT": 1800},
    ),
    (
        storage.check_uploads_do_not_overwrite,
        "core.E012",
        "s3-safe-defaults",
        {"STORAGES": {"default": S3, "staticfiles": STATIC}},
    ),
    (
        permissions.check_api_is_closed_by_default,
        "core.E013",
        "auth-default-deny",
        {"REST_FRAMEWORK": {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"]}},
    ),
    (logging.check_errors_are_logged, "core.E014", "logging-in-production", {"LOGGING": {}}),
    (static.check_static_files_are_served, "core.E015", "static-not-served", {"MIDDLEWARE": [SECURITY]}),
    (
        database.check_databases_are_of_the_tested_engine,
        "core.E016",
        "db-engine-parity",
        {"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"}}},
    ),
    (
        database.check_kept_connections_are_tested,
        "core.E019",
        "pg-stale-connections",
        {"DATABASES": {"default": {"OPTIONS": {"pool": True}}}},
    ),
    (
        database.check_kept_connections_are_tested,
        "core.E019",
        "pg-stale-connections",
        {"DATABASES": {"default": {"CONN_MAX_AGE": 60}}},
    ),
    (
        secret_key.check_secret_key_comes_from_the_environment,
        "core.E040",
        "secrets-in-repo",
        {"SECRET_KEY": "known-to-all-who-read-the-code"},
    ),
    (
        celery.check_tasks_are_sent_by_our_app,
        "core.E030",
        "celery-broker-config",
        {"CELERY_BROKER_URL": "redis://r.example/0"},
    ),
    (
        celery.check_scheduled_tasks_exist,
        "core.E031",
        "celery-pending-or-unregistered",
        {"CELERY_BEAT_SCHEDULE": {"never": {"task": "users.nosuch", "schedule": 60}}},
    ),
    (
        celery.check_results_are_ignored_by_default,
        "core.E032",
        "celery-result-backend-hang",
        {"CELERY_TASK_IGNORE_RESULT": False},
    ),
    (
        celery.check_routes_lead_to_declared_queues,
        "core.E035",
        "celery-pending-or-unregistered",
        {"CELERY_TASK_ROUTES": {"*.send_*": {"queue": "mails"}}},
    ),
    (
        celery.check_a_stopping_worker_keeps_its_connection,
        "core.E036",
        "celery-delivery-guarantees",
        {"CELERY_BROKER_URL": "amqp://rabbit.example", "WORKER_GRACE_SECONDS": 120},
    ),
]


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@pytest.mark.parametrize(("check", "check_id", "lesson", "mistake"), MISTAKES)
def test_mistake_is_found_and_its_lesson_named(
    check: Check, check_id: str, lesson: str, mistake: dict[str, Any], settings: Settings
) -> None:
    assert check(None) == []
    for name, value in mistake.items():
        setattr(settings, name, value)

    found = check(None)

    assert [message.id for message in found] == [check_id]
    assert found[0].is_serious()
    assert str(found[0].hint).endswith(f"Why: {LESSONS_URL}{lesson}/")


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
def test_fallback_of_a_missing_database_url_is_told_apart(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    settings.DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3"}}

    (found,) = database.check_databases_are_of_the_tested_engine(None)

    assert str(found.hint).endswith(f"Why: {LESSONS_URL}env-database-url-fallback/")


def test_empty_secret_key_is_left_to_django(settings: Settings) -> None:
    settings.SECRET_KEY = ""

    assert secret_key.check_secret_key_comes_from_the_environment(None) == []


def hints(found: Sequence[CheckMessage]) -> list[str]:
    return [str(message.hint).partition(" Why:")[0] for message in found]


def test_misspelt_setting_is_told_its_right_name(settings: Settings) -> None:
    settings.ALOWED_HOSTS = ["example.com"]

    assert hints(settings_names.check_settings_are_known(None)) == [
        "Did you mean ALLOWED_HOSTS? "
        "A setting of your own belongs into OWN_SETTINGS in config/settings/base.py."
    ]


def test_removed_setting_is_told_its_successor(settings: Settings) -> None:
    settings.DEFAULT_FILE_STORAGE = "storages.backends.s3.S3Storage"

    assert hints(settings_names.check_settings_are_known(None)) == [
        'Use STORAGES["default"]: the old name was removed in Django 5.1.'
    ]


def test_own_setting_is_accepted_once_it_is_declared(settings: Settings) -> None:
    settings.PRICE_OF_TEA = 3
    settings.OWN_SETTINGS = [*settings.OWN_SETTINGS, "PRICE_OF_TEA"]

    assert settings_names.check_settings_are_known(None) == []


@pytest.mark.parametrize(
    ("origin", "suggestion"),
    [
        ("app.example.com", "https://app.example.com"),
        ("https://app.example.com/", "https://app.example.com"),
        ("http://localhost:3000/login", "http://localhost:3000"),
    ],
)
def test_bad_origin_is_told_the_right_one(origin: str, suggestion: str, settings: Settings) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [origin]

    assert hints(cors.check_origins_are_origins(None)) == [f"Write '{suggestion}'."]


def test_storage_that_keeps_both_files_is_accepted(settings: Settings) -> None:
    settings.STORAGES = {"default": {**S3, "OPTIONS": {"file_overwrite": False}}, "staticfiles": STATIC}

    assert storage.check_uploads_do_not_overwrite(None) == []


def test_per_process_cache_is_accepted_while_debugging(settings: Settings) -> None:
    settings.DEBUG = True
    settings.CACHES = LOCMEM

    assert throttling.check_throttles_count_in_one_place(None) == []


def test_queue_on_another_server_than_the_cache_is_accepted(settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "amqp://guest@rabbitmq.example.com//"

    assert redis.check_cache_and_queue_are_apart(None) == []


def test_project_without_cors_has_no_middleware_to_place(settings: Settings) -> None:
    settings.MIDDLEWARE = []

    assert cors.check_cors_middleware_comes_first(None) == []


def test_task_whose_hard_limit_never_comes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    current_app.loader.import_default_modules()
    monkeypatch.setattr(current_app.tasks["core.clear_idempotency_keys"], "time_limit", 1)

    [found] = celery.check_soft_limits_come_before_hard_ones(None)

    assert (found.id, "core.clear_idempotency_keys" in found.msg) == ("core.E033", True)


def test_result_that_is_kept_where_there_is_no_store_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    current_app.loader.import_default_modules()
    monkeypatch.setattr(current_app.tasks["core.clear_idempotency_keys"], "ignore_result", False)

    [found] = celery.check_results_that_are_kept_have_a_store(None)

    assert (found.id, "core.clear_idempotency_keys" in found.msg) == ("core.E034", True)


def test_results_may_be_kept_where_there_is_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    current_app.loader.import_default_modules()
    monkeypatch.setattr(current_app.tasks["core.clear_idempotency_keys"], "ignore_result", False)
    app = SimpleNamespace(backend=object(), tasks=current_app.tasks)
    monkeypatch.setattr(celery, "current_app", app)

    assert celery.check_results_that_are_kept_have_a_store(None) == []
