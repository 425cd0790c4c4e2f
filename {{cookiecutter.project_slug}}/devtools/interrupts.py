"""What Ctrl-C, a polite kill and a closed terminal do while servers are running."""

import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], object]

# Windows has no SIGHUP: there, closing the terminal ends the process without asking.
HANG_UP = getattr(signal, "SIGHUP", None)
SIGNALS = [number for number in (signal.SIGINT, signal.SIGTERM, HANG_UP) if number is not None]


@contextmanager
def handled(handlers: Mapping[int, Handler]) -> Iterator[None]:
    """Have these handlers inside the block, and the earlier ones after it."""
    if threading.current_thread() is not threading.main_thread():
        yield  # Python lets only the main thread set handlers
        return
    earlier = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            # None stands for a handler that Python did not set and cannot restore.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


@contextmanager
def as_exits() -> Iterator[None]:
    """Turn signals that would end Python on the spot into exits that clean up first."""

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    with handled({number: leave for number in SIGNALS if number != signal.SIGINT}):
        yield


@contextmanager
def postponed() -> Iterator[None]:
    """Let the block finish first: a half-started or half-stopped server would stay behind."""
    arrived: list[int] = []
    with handled({number: lambda number, _frame: arrived.append(number) for number in SIGNALS}):
        yield
    for number in arrived[:1]:
        signal.raise_signal(number)


@contextmanager
def left_to(terminate: Callable[[], object]) -> Iterator[None]:
    """Leave the reaction to a child in the same terminal.

    The terminal sends it Ctrl-C as well; a polite kill reaches only us, and is passed on.
    """
    handlers: dict[int, Handler] = {number: lambda _number, _frame: terminate() for number in SIGNALS}
    with handled(handlers | {signal.SIGINT: lambda _number, _frame: None}):
        yield
