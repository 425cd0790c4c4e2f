import socket
from pathlib import Path

import psutil
import pytest
from kombu import Connection, Queue

from devtools import ports, processes, rabbitmq_server
from devtools.errors import DevtoolsError
from devtools.homes import Home


def is_installed() -> bool:
    try:
        rabbitmq_server.find_program()
    except DevtoolsError:
        return False
    return True


needs_rabbitmq = pytest.mark.skipif(
    not is_installed(), reason="There is no rabbitmq-server on this machine; the queue is elsewhere."
)


def test_the_message_tells_how_to_get_rabbitmq_when_there_is_none(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(rabbitmq_server, "PLACES", ())

    with pytest.raises(DevtoolsError) as caught:
        rabbitmq_server.start(home)

    assert str(caught.value) == rabbitmq_server.MISSING
    assert "sudo apt-get install rabbitmq-server" in rabbitmq_server.MISSING
    assert "brew install rabbitmq" in rabbitmq_server.MISSING
    assert "docker run" in rabbitmq_server.MISSING
    assert "CELERY_BROKER_URL=amqp://" in rabbitmq_server.MISSING


def test_the_wrapper_that_serves_root_only_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = tmp_path / "lib"
    places.mkdir()
    for name in ("rabbitmq-script-wrapper", "rabbitmq-server"):
        (places / name).touch(mode=0o755)
    (tmp_path / "rabbitmq-server").symlink_to(places / "rabbitmq-script-wrapper")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert rabbitmq_server.find_program() == places / "rabbitmq-server"


@needs_rabbitmq
def test_messages_survive_a_restart_on_another_port_and_nothing_is_left_behind(home: Home) -> None:
    queue = Queue("survivors", queue_arguments={"x-queue-type": "quorum"})
    with socket.create_server((ports.LOOPBACK, 0)) as squatter:
        first = rabbitmq_server.start(home, port=squatter.getsockname()[1])
        assert first.port != squatter.getsockname()[1]
    epmd = processes.occupant(rabbitmq_server.data_folder(home), rabbitmq_server.epmd_pid_file(home))
    with Connection(first.variables["CELERY_BROKER_URL"]) as connection:
        producer = connection.Producer()
        producer.publish("a task", routing_key=queue.name, declare=[queue], delivery_mode=2)
    rabbitmq_server.stop(home)
    assert first.process.find() is None
    assert epmd is not None
    assert not processes.lives(epmd)

    second = rabbitmq_server.start(home, port=None)

    with Connection(second.variables["CELERY_BROKER_URL"]) as connection:
        message = queue.bind(connection.default_channel).get()
        assert message is not None
        assert message.payload == "a task"


@needs_rabbitmq
def test_the_node_is_reached_from_this_machine_only(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    # As on a machine whose own node is configured by the environment.
    monkeypatch.setenv("RABBITMQ_NODENAME", "rabbit@elsewhere")
    monkeypatch.setenv("RABBITMQ_NODE_PORT", "1")
    node = rabbitmq_server.start(home, port=None).process.find()

    assert node is not None
    listening = [c.laddr for c in node.net_connections() if c.status == psutil.CONN_LISTEN]
    assert {address.ip for address in listening} == {ports.LOOPBACK}
    assert rabbitmq_server.password_file(home).stat().st_mode & 0o077 == 0
