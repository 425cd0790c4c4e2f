"""PostgreSQL or MySQL: what Django has to be told differently, decided by the database's address.

Only addresses of the database that the project was generated for are accepted: what is tested on one
engine is not known to work on another.
"""

from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from config import project

POSTGRESQL_SCHEMES = ("postgres", "postgresql")
# MariaDB is spoken to in the same way.
MYSQL_SCHEMES = ("mysql",)
SCHEMES: tuple[str, ...] = {"PostgreSQL": POSTGRESQL_SCHEMES, "MySQL": MYSQL_SCHEMES}[project.DATABASE]
EXAMPLE = {
    "PostgreSQL": "postgres://user:password@127.0.0.1:5432/name",
    "MySQL": "mysql://user:password@127.0.0.1:3306/name",
}[project.DATABASE]
POSTGRESQL_ENGINE = "django.db.backends.postgresql"
# Ours: Django's, with the driver and with comparisons as PostgreSQL makes them.
MYSQL_ENGINE = "apps.core.database.mysql"
TESTED_ENGINE = {"PostgreSQL": POSTGRESQL_ENGINE, "MySQL": MYSQL_ENGINE}[project.DATABASE]

CONNECT_SECONDS = 5
# As long as a connection may lie idle. MySQL ends those that nobody used for its wait_timeout, often eight
# hours; what stands in between may end them sooner. Behind an ASGI server it should be 0: there, each request
# has a thread of its own.
MYSQL_CONN_MAX_AGE = 60


def read_database_url(url: str, *, pool_size: int) -> dict[str, Any]:
    """Return what ``DATABASES`` says of the database at ``url``."""
    is_mysql = urlsplit(url).scheme in MYSQL_SCHEMES
    engine = MYSQL_ENGINE if is_mysql else POSTGRESQL_ENGINE
    database: dict[str, Any] = dict(dj_database_url.parse(url, engine=engine))
    own = mysql() if is_mysql else postgresql(pool_size=pool_size)
    return {
        **database,
        **own,
        # A connection whose server went away is replaced, not handed to a request.
        "CONN_HEALTH_CHECKS": True,
        # Services open the transactions that they need; reads and async views go without.
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {**database.get("OPTIONS", {}), **own["OPTIONS"]},
    }


def postgresql(*, pool_size: int) -> dict[str, Any]:
    return {
        # The pool replaces persistent connections; Django refuses both together.
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "connect_timeout": CONNECT_SECONDS,
            "pool": {"min_size": 0, "max_size": pool_size, "timeout": 10},
        },
    }


def mysql() -> dict[str, Any]:
    return {
        # There is no pool: each thread keeps the connection that it has opened.
        "CONN_MAX_AGE": MYSQL_CONN_MAX_AGE,
        "OPTIONS": {
            "connect_timeout": CONNECT_SECONDS,
            # A value that does not fit is refused, not cut, whatever the server's own mode is.
            "sql_mode": "TRADITIONAL",
        },
    }
