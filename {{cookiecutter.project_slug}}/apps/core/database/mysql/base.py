"""Django's backend, with a driver that is installed everywhere, and with text compared as PostgreSQL does.

MySQL takes ``a``, ``A`` and often ``ä`` for the same letter, also in unique constraints and in tokens. Here
every table is made with a collation that tells them apart, whatever the server's own is. Lookups that are
to ignore case, such as ``icontains``, compare small letters instead.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import cached_property

try:
    import pymysql
except ImportError as gap:
    raise ImproperlyConfigured("Error loading pymysql module. Did you install pymysql?") from gap

# Before Django looks for the driver by this name.
pymysql.install_as_MySQLdb()

from django.db.backends.mysql import base  # noqa: E402
from django.db.backends.mysql.features import DatabaseFeatures as MySQLFeatures  # noqa: E402
from django.db.backends.mysql.operations import DatabaseOperations as MySQLOperations  # noqa: E402
from django.db.backends.mysql.schema import DatabaseSchemaEditor as MySQLSchemaEditor  # noqa: E402

CHARSET = "utf8mb4"
# They compare code points, and spaces at the end count. Each server has a name of its own for it.
COLLATION_OF_MYSQL = "utf8mb4_0900_bin"
COLLATION_OF_MARIADB = "utf8mb4_nopad_bin"
IGNORING_CASE = frozenset({"iexact", "icontains", "istartswith", "iendswith"})


class DatabaseFeatures(MySQLFeatures):
    @cached_property
    def minimum_database_version(self) -> tuple[int, ...]:  # type: ignore[override]  # as in Django's own
        # Django's own are older: MariaDB without SKIP LOCKED, and MySQL without the collation.
        return (10, 6) if self.connection.mysql_is_mariadb else (8, 0, 17)


class DatabaseOperations(MySQLOperations):
    # MySQL's columns without a sign hold twice as much. What is accepted must not depend on the database.
    integer_field_ranges = {
        **MySQLOperations.integer_field_ranges,
        "PositiveSmallIntegerField": (0, 2**15 - 1),
        "PositiveIntegerField": (0, 2**31 - 1),
        "PositiveBigIntegerField": (0, 2**63 - 1),
    }

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        if lookup_type in IGNORING_CASE and internal_type != "JSONField":
            # A number or an address is text then, too.
            return f"LOWER(CONVERT(%s USING {CHARSET}) COLLATE {CHARSET}_bin)"
        cast: str = super().lookup_cast(lookup_type, internal_type)
        return cast


class DatabaseSchemaEditor(MySQLSchemaEditor):
    def __init__(self, connection: "DatabaseWrapper", **options: bool) -> None:
        super().__init__(connection, **options)
        collation = COLLATION_OF_MARIADB if connection.mysql_is_mariadb else COLLATION_OF_MYSQL
        self.sql_create_table += f" CHARACTER SET {CHARSET} COLLATE {collation}"


class CursorWrapper(base.CursorWrapper):
    """Refuses the character NUL in text, as PostgreSQL does: no name or token is meant to hold it."""

    def execute(self, query: str, args: Any = None) -> Any:
        refuse_nul(args)
        return super().execute(query, args)

    def executemany(self, query: str, args: Iterable[Any]) -> Any:
        rows = list(args)
        for row in rows:
            refuse_nul(row)
        return super().executemany(query, rows)


def refuse_nul(args: Sequence[Any] | Mapping[str, Any] | None) -> None:
    """Raises: pymysql.DataError, which Django makes its own of."""
    values = args.values() if isinstance(args, Mapping) else args or ()
    if any(isinstance(value, str) and "\0" in value for value in values):
        raise pymysql.DataError("Text cannot hold the character NUL (0x00).")


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    ops_class = DatabaseOperations
    SchemaEditorClass = DatabaseSchemaEditor
    operators = {
        **base.DatabaseWrapper.operators,
        "iexact": "LIKE LOWER(%s)",
        "icontains": "LIKE LOWER(%s)",
        "istartswith": "LIKE LOWER(%s)",
        "iendswith": "LIKE LOWER(%s)",
    }
    pattern_ops = {
        **base.DatabaseWrapper.pattern_ops,
        "icontains": "LIKE CONCAT('%%', LOWER({}), '%%')",
        "istartswith": "LIKE CONCAT(LOWER({}), '%%')",
        "iendswith": "LIKE CONCAT('%%', LOWER({}))",
    }

    def create_cursor(self, name: str | None = None) -> CursorWrapper:
        return CursorWrapper(super().create_cursor(name).cursor)
