"""Everything the doctor looks at, in the order of the report."""

from apps.core.doctor.findings import Rule
from apps.core.doctor.rules import (
    cache,
    database,
    mail,
    origins,
    queue,
    static,
    system,
)

SYSTEM_SECONDS = 5
# Connecting, and then waiting for one answer that does not come.
MAIL_SECONDS = 7
# Asking all workers, and once more where none has answered.
WORKERS_SECONDS = 6
BROKER = "celery-broker-config"
TASKS = "celery-pending-or-unregistered"
HISTORY = "migration-history-rewrite"

# Side by side inside a wave. First what takes computing and no waiting, which would starve the rest;
# then what needs nothing; then what needs the answer of another rule.
WAVES: tuple[tuple[Rule, ...], ...] = (
    (
        Rule("Settings", "settings", system.examine_settings, "env-required-settings"),
        Rule("Settings", "system checks", system.examine_system, "deploy-check-gate", seconds=SYSTEM_SECONDS),
    ),
    (
        Rule("Hosts and origins", "hosts", origins.examine_hosts, "allowed-hosts"),
        Rule("Hosts and origins", "CORS", origins.examine_cors, "cors-policy"),
        Rule("Hosts and origins", "CSRF", origins.examine_csrf, "csrf-behind-proxy"),
        Rule("Static files", "manifest", static.examine_manifest, "static-manifest"),
        Rule("E-mail", "e-mail", mail.examine_mail, "env-required-settings", seconds=MAIL_SECONDS),
        Rule("Cache", "cache", cache.examine_cache, "cache-shared-backend"),
        Rule("Database", "database", database.examine_connection, "pg-connection-triage"),
        Rule("Database", "migration files", database.examine_files, "migration-conflicts"),
    ),
    (
        Rule("Database", "migrations", database.examine_history, HISTORY, "database"),
        Rule("Database", "schema", database.examine_schema, HISTORY, "database"),
        Rule("Database", "clock", database.examine_clock, "celery-delivery-guarantees", "database"),
        Rule("Queue", "broker", queue.examine_broker, BROKER),
        Rule("Queue", "beat", queue.examine_beat, "celery-beat-single", "cache"),
    ),
    (
        Rule("Queue", "schedule", queue.examine_schedule, TASKS, "migrations"),
        Rule("Queue", "worker", queue.examine_worker, TASKS, "broker", WORKERS_SECONDS),
    ),
    (
        Rule("Queue", "tasks", queue.examine_tasks, TASKS, "worker", WORKERS_SECONDS),
        Rule("Queue", "queues", queue.examine_queues, TASKS, "worker", WORKERS_SECONDS),
    ),
)
