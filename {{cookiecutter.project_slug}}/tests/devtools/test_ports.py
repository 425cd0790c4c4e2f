import socket
from collections.abc import Iterator

import pytest

from devtools import ports


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


def test_the_next_port_above_a_taken_one_is_chosen(taken_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: port > taken_port + 1)

    assert ports.next_free_port(taken_port) == taken_port + 2
