"""Choosing ports on the loopback interface."""

import socket
import sys
from collections.abc import Iterator

LOOPBACK = "127.0.0.1"
ATTEMPTS = 5


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    # macOS lets us bind 127.0.0.1 while someone else listens on all addresses: ask both ways.
    with socket.socket() as client:
        client.settimeout(0.5)
        if client.connect_ex((LOOPBACK, port)) == 0:
            return False
    with socket.socket() as server:
        if sys.platform != "win32":
            # A connection closed a moment ago must not count; on Windows the option would let us
            # share a port that is in use.
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def any_free_port() -> int:
    """A port that the operating system has just found free."""
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        port: int = server.getsockname()[1]
    return port


def candidates(preferred: int | None) -> Iterator[int]:
    """Ports to try in turn.

    A port can be taken between our look and the server's start, so the caller tries the next one.
    """
    if preferred is not None and is_free(preferred):
        yield preferred
    for _ in range(ATTEMPTS):
        yield any_free_port()


def next_free_port(first: int) -> int:
    """``first``, or the nearest free port above it: people remember 8001, not 41873."""
    nearby = range(first, min(first + 100, 65536))
    return next((port for port in nearby if is_free(port)), 0) or any_free_port()
