import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from devtools import ports
from devtools.for_tests import PROJECT


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((ports.LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_port_is_free_when_nobody_listens_on_it() -> None:
    assert ports.is_free(ports.any_free_port()) is True


def test_a_port_is_taken_while_someone_listens_on_it(taken_port: int) -> None:
    assert ports.is_free(taken_port) is False


def test_a_port_is_taken_while_someone_listens_on_all_addresses() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104
        assert ports.is_free(server.getsockname()[1]) is False


def test_the_preferred_port_is_tried_first() -> None:
    preferred = ports.any_free_port()

    assert next(ports.candidates(preferred)) == preferred


def test_a_taken_port_is_never_tried(taken_port: int) -> None:
    tried = list(ports.candidates(taken_port))

    assert len(tried) == ports.ATTEMPTS
    assert taken_port not in tried


def test_the_next_port_above_a_taken_one_is_reserved(
    taken_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: port > taken_port + 1)

    with ports.reserved(taken_port) as port:
        assert port == taken_port + 2


def test_a_reserved_port_is_not_given_to_another_project() -> None:
    code = "import sys; from devtools import ports\nwith ports.reserved(int(sys.argv[1])) as p: print(p)"
    with ports.reserved(ports.any_free_port()) as ours:
        command = [sys.executable, "-c", code, str(ours)]
        theirs = int(subprocess.check_output(command, cwd=PROJECT, text=True))

    assert theirs > ours
