"""Choosing ports on the loopback interface."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from devtools import locks

LOOPBACK = "127.0.0.1"
ATTEMPTS = 5
NEARBY = 100


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


@contextmanager
def reserved(first: int) -> Iterator[int]:
    """A free port: ``first``, or the nearest above it, for people remember 8001, not 41873.

    Until the block ends no other project chooses it. Between the choice and the start of the server
    lie the migrations, during which nobody listens yet.
    """
    with ExitStack() as stack:
        for port in range(first, min(first + NEARBY, 65536)):
            if is_free(port) and stack.enter_context(locks.attempted(reservation(port))):
                break
        else:
            port = any_free_port()
        yield port


def reservation(port: int) -> Path:
    """The lock file of a port; each user has their own, for nobody may open another's."""
    user = os.getuid() if sys.platform != "win32" else 0
    return Path(tempfile.gettempdir()) / f"just-up-{user}-{port}.lock"
