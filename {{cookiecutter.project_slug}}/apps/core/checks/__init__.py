"""System checks for mistakes that Django and its libraries let pass.

They run with every ``manage.py`` command. Each has an id, says what was found, what to type, and
where the lesson behind it is explained.
"""

from apps.core.checks import (  # noqa: F401 - importing registers the checks
    api,
    celery,
    cors,
    database,
    hosts,
    logging,
    permissions,
    redis,
    schema,
    secret_key,
    settings_names,
    static,
    storage,
    throttling,
)
