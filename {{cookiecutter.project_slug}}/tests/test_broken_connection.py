"""A worker whose connection to the broker breaks, for example because the broker is restarted."""

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from apps.core.queue import enqueue_on_commit
from tests import processes

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.lesson("celery-delivery-guarantees"),
    pytest.mark.skipif(sys.platform == "win32", reason="Celery runs tasks in-process on Windows."),
]


class Line:
    """A way to a server that can be cut."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.entrance = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.entrance.getsockname()[1]
        self.ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Break what is connected; what comes later gets through."""
        broken, self.ends = self.ends, []
        for end in broken:
            end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.entrance.accept()
            except OSError:
                return  # closed
            far = socket.create_connection(self.target)
            self.ends += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=forward, args=(source, sink), daemon=True).start()


def forward(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        return  # cut


@pytest.fixture
def line() -> Iterator[Line]:
    """A line to the broker."""
    broker = urlsplit(str(settings.CELERY_BROKER_URL))
    line = Line(broker.hostname or "", broker.port or 0)
    yield line
    line.entrance.close()


def test_a_task_whose_message_is_given_to_another_does_not_go_on_beside_it(
    line: Line, tmp_path: Path
) -> None:
    log, diary, finish = tmp_path / "log", tmp_path / "diary", tmp_path / "finish"
    log.touch()
    diary.touch()
    broker = urlsplit(str(settings.CELERY_BROKER_URL))
    account, at, _ = broker.netloc.rpartition("@")
    address = broker._replace(netloc=f"{account}{at}127.0.0.1:{line.port}")
    with processes.worker(log, CELERY_BROKER_URL=address.geturl()):
        processes.wait_until(lambda: "ready." in log.read_text(), log=log)
        enqueue_on_commit("tests.wait_for_file", diary=str(diary), file=str(finish))
        processes.wait_until(lambda: diary.read_text() == "started\n", log=log)

        line.cut()

        processes.wait_until(lambda: diary.read_text() == "started\nstarted\n", log=log)
        finish.touch()
        enqueue_on_commit("tests.write_line", diary=str(diary), line="next")
        processes.wait_until(lambda: "next" in diary.read_text(), log=log)
    assert diary.read_text() == "started\nstarted\nfinished\nnext\n"
