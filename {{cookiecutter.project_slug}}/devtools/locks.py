"""Locks between processes. The operating system releases them when their holder dies."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PAUSE = 0.05


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold this file's lock, after waiting for it."""
    with path.open("a+b") as handle:
        while not _try_lock(handle):
            time.sleep(PAUSE)
        try:
            yield
        finally:
            _unlock(handle)


@contextmanager
def attempted(path: Path) -> Iterator[bool]:
    """Hold this file's lock if nobody else does; tell whether we do."""
    with path.open("a+b") as handle:
        held = _try_lock(handle)
        try:
            yield held
        finally:
            if held:
                _unlock(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: IO[bytes]) -> bool:
        handle.seek(0)
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    # lockf, not flock: forked children, which may outlive us, do not inherit this kind of lock.
    def _try_lock(handle: IO[bytes]) -> bool:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(handle: IO[bytes]) -> None:
        fcntl.lockf(handle, fcntl.LOCK_UN)
