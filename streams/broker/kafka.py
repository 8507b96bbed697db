import atexit
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from streams.broker.errors import BrokerError
from streams.broker.jars import Progress, cache_dir, jars, show
from streams.broker.java import java
from streams.broker.metadata import cluster_id
from streams.broker.ports import free_ports, is_free
from streams.broker.process import ChildProcess
from streams.broker.properties import server_properties
from streams.broker.storage import bootstrap_checkpoint, prepare

HEAP = "256m"
# It takes 1.4 s on an idle core; a busy machine with one core to share may need many times that.
READY_WITHIN_S = 90
STOP_WITHIN_S = 15
_POLL_S = 0.02
# Another process may take a port between our look and Kafka's.
_PORT_ATTEMPTS = 3
_TAIL_LINES = 25


class Broker:
    """A real Kafka, one node, on 127.0.0.1, running until it is stopped, killed, or this process ends.

    `bootstrap` is its address, `cluster_id` its cluster, `data_dir` where everything of it lies, `log` what it says.
    """

    def __init__(
        self, jvm: Sequence[str], data_dir: Path | None, port: int | None, *, extra: Mapping[str, str], log: Path | None
    ) -> None:
        """Start it with this command up to the main class; the rest as in `start_broker`, which makes these."""
        self._temporary = data_dir is None
        self.data_dir = Path(tempfile.mkdtemp(prefix="nps-kafka-")) if data_dir is None else data_dir.absolute()
        self.log = log or self.data_dir / "kafka.log"
        self.port = port or 0
        self._port_is_given = port is not None
        self._jvm = [*jvm, f"-Djava.io.tmpdir={self.data_dir}"]
        self._extra = dict(extra)
        self._process: ChildProcess | None = None
        self._log_start = 0
        atexit.register(self.stop)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    @property
    def bootstrap(self) -> str:
        """Address for clients."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Process id of the JVM."""
        assert self._process is not None, "the broker was never started"
        return self._process.pid

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the process to end; False when it did not within `timeout_s`."""
        return self._process is None or self._process.wait(timeout_s)

    def stop(self) -> None:
        """End it in an orderly way (at worst by force); a data directory of its own making goes with it."""
        atexit.unregister(self.stop)
        self._end()
        if self._temporary:
            shutil.rmtree(self.data_dir, ignore_errors=True)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL). The data stays, for `restart`."""
        if self._process is not None:
            self._process.kill()

    def restart(self) -> None:
        """End it if it runs, and start it again on the same data and port. Returns when it can be used."""
        self._end()
        self._port_is_given = True
        self._start()

    def tail(self) -> str:
        """Return the last lines it logged since it was started."""
        if not self.log.exists():
            return ""
        with self.log.open(errors="replace") as log:
            log.seek(self._log_start)
            return "".join(log.readlines()[-_TAIL_LINES:]).rstrip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self) -> None:
        if self._process is not None:
            self._process.stop(STOP_WITHIN_S)

    def _start(self) -> None:
        if self._port_is_given and not is_free(self.port):
            raise BrokerError(
                f"Port {self.port} of 127.0.0.1 is taken; choose another one (0 at the command line takes a free one)."
            )
        self.cluster_id = prepare(self.data_dir / "data", template=_template(), jvm=self._jvm)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        for _ in range(_PORT_ATTEMPTS):
            self._process = self._launch()
            if self._becomes_ready(self._process):
                return
            if "Address already in use" not in self.tail():
                break
        raise BrokerError(f"Kafka ended as it started; the end of its log, {self.log}:\n{self.tail()}")

    def _launch(self) -> ChildProcess:
        port, controller_port = free_ports(2)
        if not self._port_is_given:
            self.port = port
        properties = self.data_dir / "server.properties"
        data = self.data_dir / "data"
        properties.write_text(
            server_properties(port=self.port, controller_port=controller_port, data=data, extra=self._extra)
        )
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        return ChildProcess([*self._jvm, "kafka.Kafka", str(properties)], self.log)

    def _becomes_ready(self, process: ChildProcess) -> bool:
        """Wait until it answers as a broker of this cluster; False when it ended instead."""
        deadline_s = time.monotonic() + READY_WITHIN_S
        while cluster_id(self.port) != self.cluster_id:
            if process.wait(_POLL_S):
                return False
            if time.monotonic() > deadline_s:
                process.kill()
                raise BrokerError(
                    f"Kafka did not answer within {READY_WITHIN_S} s; the end of its log, {self.log}:\n{self.tail()}"
                )
        return True


def start_broker(
    data_dir: Path | None = None,
    port: int | None = None,
    *,
    heap: str = HEAP,
    extra_properties: Mapping[str, str] | None = None,
    log: Path | None = None,
    progress: Callable[[Progress], None] = show,
) -> Broker:
    """Start a Kafka and return it when it can be used, after 1.5 s; getting it the first time takes longer.

    `data_dir`: where its data is kept and found again; None: a temporary directory that goes when it is stopped.
    `port`: None for a free one. `heap`: the most the JVM's heap may grow to, as in "256m". `extra_properties`: Kafka's
    broker settings, which win over ours. `log`: where its output is appended, by default `kafka.log` in its directory.
    Blocks the thread; may be called from any. Raises BrokerError where Kafka cannot be got or does not start.
    """
    jvm = _jvm(heap, jars(progress))
    return Broker(jvm, data_dir, port, extra=extra_properties or {}, log=log)


def fetch(progress: Callable[[Progress], None] = show) -> None:
    """Get all it takes to start without a network: the jars, a Java, and the template of a data directory."""
    bootstrap_checkpoint(_template(), _jvm(HEAP, jars(progress)))


def _template() -> Path:
    return cache_dir() / "bootstrap.checkpoint"


def _jvm(heap: str, class_path: Sequence[Path]) -> list[str]:
    """Return the command up to the main class: a small heap, the simplest collector, the quick compiler alone."""
    options = ["-Xms128m", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]
    logger = "-Dorg.slf4j.simpleLogger"
    logging = [
        f"{logger}.defaultLogLevel=warn",
        f"{logger}.showDateTime=true",
        f"{logger}.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    ]
    return [str(java()), *options, *logging, "-cp", ":".join(str(path) for path in class_path)]
