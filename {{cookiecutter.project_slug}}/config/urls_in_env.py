"""The rules of service addresses such as ``postgres://user:password@host:5432/name``.

The characters ``@ / # ? %`` delimit the parts of a URL (RFC 3986, section 2.2). A password that
holds one of them as it is gets cut in pieces, mostly without an error: ``p@ss/w#rd`` becomes the
password ``p`` at the host ``ss``. So these addresses are refused, and the message shows the mend
without showing the password.
"""

import re
from urllib.parse import quote, urlsplit

DELIMITERS = "@/#?"
_PERCENT_THAT_ESCAPES_NOTHING = re.compile(r"%(?![0-9A-Fa-f]{2})")


def require_service_url(value: str, *, schemes: tuple[str, ...], path: bool = False) -> str:
    """Return ``value`` if it is the address of a service with one of ``schemes``.

    Args:
        value: The URL.
        schemes: The accepted schemes, without ``://``.
        path: Whether the URL has to name something after the host, such as a database.

    Raises:
        ValueError: With what is wrong and how to mend it; the user name and password are not in it.
    """
    value = value.strip()
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in schemes:
        raise ValueError(f"must start with {' or '.join(f'{name}://' for name in schemes)}.")
    _refuse_unescaped_credentials(scheme, rest)
    parts = urlsplit(value)
    try:
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        port_is_valid = False
    if not port_is_valid:
        raise ValueError("has a port that is not a number from 1 to 65535.")
    if not parts.hostname:
        raise ValueError("names no host.")
    if path and not parts.path.strip("/"):
        raise ValueError(f"names no database: {scheme}://…@{parts.hostname}/NAME")
    return value


def require_redis_url(value: str) -> str:
    """Return ``value`` if it is the address of a Redis database, such as ``redis://host:6379/0``.

    Raises:
        ValueError: As for ``require_service_url``, or when the database is not a number.
    """
    value = require_service_url(value, schemes=("redis", "rediss"))
    database = urlsplit(value).path.strip("/")
    if database and not database.isdecimal():
        raise ValueError(f"names the database {database!r}: Redis databases are numbers, such as /0.")
    return value


def require_broker_url(value: str) -> str:
    """Return ``value`` if it is the address of a Redis database or of a RabbitMQ.

    Raises:
        ValueError: As for ``require_service_url``, or when a name after the host cannot be one.
    """
    scheme = value.strip().partition("://")[0]
    if scheme in ("redis", "rediss"):
        return require_redis_url(value)
    value = require_service_url(value, schemes=("redis", "rediss", "amqp", "amqps"))
    virtual_host = urlsplit(value).path.removeprefix("/")
    if "/" in virtual_host and virtual_host != "/":
        raise ValueError(f"names the virtual host {virtual_host!r}: write / as %2F inside of its name.")
    return value


def next_redis_database(url: str) -> str:
    """Return the address of the database after ``url``'s on the same Redis server.

    The cache and the queue must not share one: clearing the cache would empty the queue.
    """
    parts = urlsplit(url)
    number = int(parts.path.strip("/") or 0)
    return parts._replace(path=f"/{number + 1}").geturl()


def _refuse_unescaped_credentials(scheme: str, rest: str) -> None:
    credentials, at, host = rest.rpartition("@")
    if not at:
        return
    _, _, password = credentials.partition(":")
    culprits = [character for character in DELIMITERS if character in credentials]
    if _PERCENT_THAT_ESCAPES_NOTHING.search(credentials):
        culprits.append("%")
    if not culprits:
        return
    escapes = ", ".join(f"{character} as {quote(character, safe='')}" for character in culprits)
    place = "password" if any(character in password for character in culprits) else "user name"
    raise ValueError(
        f"has a {place} with characters that a URL reserves. Write {escapes}: "
        f"{scheme}://<user>:<escaped password>@{host} . To escape a password: "
        "python -c \"from urllib.parse import quote; print(quote(input(), safe=''))\""
    )
