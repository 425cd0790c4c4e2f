"""What MySQL, MariaDB and PyMySQL say, and what is wrong then."""

from apps.core.database.rule import (
    DRIFTED,
    DRIVER,
    GAVE_UP,
    IN_THE_WAY,
    KEEP_HEALTHY,
    STALE,
    TRIAGE,
    Diagnosis,
    Rule,
)

RULES: tuple[Rule, ...] = (
    Rule(
        r"Server shutdown in progress",
        Diagnosis("The database server is just stopping.", "Wait for it.", TRIAGE, passing=True),
    ),
    Rule(
        r"Access denied for user .* \(using password: NO\)",
        Diagnosis(
            "DATABASE_URL holds no password, and the server wants one.",
            "Write it in: mysql://user:password@host:3306/name",
            TRIAGE,
        ),
    ),
    Rule(
        r"Access denied for user .* to database 'test_",
        Diagnosis(
            "The tests make a database of their own, and the user may not.",
            "For a user of development or CI only: GRANT ALL ON `test\\_%`.* TO 'name'@'%';",
            TRIAGE,
        ),
    ),
    Rule(
        r"Access denied for user .* to database",
        Diagnosis(
            "The user has no rights in the database that DATABASE_URL ends with, or there is none.",
            "Correct the name, or as an administrator: GRANT ALL ON `name`.* TO 'user'@'%';",
            TRIAGE,
        ),
    ),
    Rule(
        r"Access denied for user",
        Diagnosis(
            "The server refuses the user or its password; it says the same when the user does not exist, or "
            "may not come from here.",
            "Copy both anew into DATABASE_URL, the password escaped; or, as an administrator: "
            "ALTER USER 'name'@'%' IDENTIFIED BY 'new';",
            TRIAGE,
        ),
    ),
    Rule(
        r"Unknown database",
        Diagnosis(
            "The server has no database of the name that DATABASE_URL ends with.",
            "Correct the name, or make it: CREATE DATABASE name CHARACTER SET utf8mb4;",
            TRIAGE,
        ),
    ),
    Rule(
        r"command denied to user",
        Diagnosis(
            "The user may connect, and not do what is asked for.",
            "As an administrator: GRANT ALL ON `name`.* TO 'user'@'%';",
            TRIAGE,
        ),
    ),
    Rule(
        r"Host '.*' is not allowed to connect",
        Diagnosis(
            "The server has no user that may come from here.",
            "As an administrator: CREATE USER 'user'@'%' IDENTIFIED BY 'secret';",
            TRIAGE,
        ),
    ),
    Rule(
        r"insecure transport are prohibited",
        Diagnosis(
            "The server wants encryption.",
            "Name the certificate of its authority: add ?ssl-ca=/path/to/ca.pem to DATABASE_URL.",
            TRIAGE,
        ),
    ),
    Rule(
        r"server doesn't support (SSL|it)",
        Diagnosis(
            "DATABASE_URL asks for encryption, which this server does not have.",
            "Switch it on at the server; only for one on your own machine: remove ssl-ca.",
            TRIAGE,
        ),
    ),
    Rule(
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        Diagnosis(
            "The certificate of the server is not signed by an authority that is known here, or is another "
            "host's.",
            "Name the certificate of its authority: ?ssl-ca=/path/to/ca.pem ; and the host as it says.",
            TRIAGE,
        ),
    ),
    Rule(
        r"Too many connections|max_user_connections",
        Diagnosis(
            "All connections that the server grants are taken.",
            "Lower the number of processes or threads: their product has to stay below max_connections.",
            STALE,
            passing=True,
        ),
    ),
    Rule(
        r"server has gone away|Lost connection to|Connection was killed|disconnected by the server",
        Diagnosis(
            "The server closed a connection that was kept open.",
            KEEP_HEALTHY,
            STALE,
            passing=True,
        ),
    ),
    Rule(
        r"Error loading (pymysql|MySQLdb) module|'cryptography' package is required",
        Diagnosis(
            "The driver, or what it needs for the password, is not installed.",
            'Depend on "pymysql[rsa]" in pyproject.toml, then type: uv sync',
            DRIVER,
        ),
    ),
    Rule(
        r"Are time zone definitions for your database installed|Unknown or incorrect time zone",
        Diagnosis(
            "The server does not know the time zones of the world.",
            "At the server: mariadb-tzinfo-to-sql /usr/share/zoneinfo | mariadb mysql "
            "(MySQL: mysql_tzinfo_to_sql, mysql)",
            TRIAGE,
        ),
    ),
    Rule(r"Lock wait timeout exceeded", Diagnosis(*GAVE_UP)),
    Rule(r"Table '.*' already exists|Duplicate (column|key) name", Diagnosis(*IN_THE_WAY)),
    Rule(r"Table '.*' doesn't exist|Unknown column", Diagnosis(*DRIFTED)),
)
