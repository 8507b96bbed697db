"""`nps demo` as a newcomer runs it: it ends well, its sums are equal, and nothing of it is left."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from streams.cluster.connection import admin_client
from streams.settings import Settings
from tests.conftest import Kafka

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(300)]

_MARK = "DEMO_OF_THIS_TEST"
_READY = "Try, in another terminal"
_DEADLINE_S = 150


class _Demo:
    """A running `nps demo`, its output in a file, its temporary directory one of ours."""

    def __init__(self, directory: Path, mark: str, *words: str, env: Mapping[str, str] | None = None) -> None:
        self.temporary = directory / "tmp"
        self.temporary.mkdir()
        self._mark = mark
        self._output = directory / "output"
        clean = {name: value for name, value in os.environ.items() if not name.startswith("NPS_")}
        cache = {name: value for name, value in os.environ.items() if name == "NPS_CACHE_DIR"}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streams", "demo", *words],
                env=clean | cache | {_MARK: mark, "TMPDIR": str(self.temporary)} | dict(env or {}),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def output(self) -> str:
        return self._output.read_text()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        deadline_s = time.monotonic() + _DEADLINE_S
        while not condition():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline_s, self.output()
            time.sleep(0.1)

    def wait(self) -> int:
        return self.process.wait(_DEADLINE_S)

    def pid_of(self, part: str) -> int:
        found = re.search(rf"^{part} .*pid (\d+)", self.output(), re.MULTILINE)
        assert found, self.output()
        return int(found[1])

    def processes(self) -> list[psutil.Process]:
        """Every process that descends from it, wherever it hangs in the tree: the environment tells."""
        mine = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.environ().get(_MARK) == self._mark and process.status() != psutil.STATUS_ZOMBIE:
                    mine.append(process)
        return mine


@pytest.fixture
def demo(tmp_path: Path, unique: str) -> Iterator[Callable[..., _Demo]]:
    """Start a demo; what it leaves behind is ended after the test, which should have failed then."""
    started: list[_Demo] = []

    def start(*words: str, env: Mapping[str, str] | None = None) -> _Demo:
        started.append(_Demo(tmp_path, unique, *words, env=env))
        return started[-1]

    yield start
    for each in started:
        for process in each.processes():
            with suppress(psutil.Error):
                process.kill()
        each.process.wait()


def _figure(output: str, name: str) -> int:
    """A figure of the summary, which comes after the figures of the run."""
    found = re.findall(rf"^ *{name} +([\d,]+) ", output, re.MULTILINE)
    assert found, output
    return int(found[-1].replace(",", ""))


def test_demo_ends_by_itself_and_adds_up_though_a_worker_is_killed(demo: Callable[..., _Demo]) -> None:
    """`nps demo --for 12`, a worker killed at work: status 0, all sums equal, plain text, nothing left behind."""
    running = demo("--for", "12")
    running.wait_until(lambda: _READY in running.output())
    os.kill(running.pid_of("worker 1"), signal.SIGKILL)
    status = running.wait()
    output = running.output()
    ends = [_figure(output, name) for name in ("counted", "duplicates", "corrections", "dead letters")]

    assert 0 == status, output
    assert "Everything adds up" in output
    assert "was ended by SIGKILL; starting it again" in output
    assert sum(ends) == _figure(output, "responses in") > 36_000
    assert _figure(output, "alerts raised") > 0
    assert sum(_figure(output, name) for name in ("enriched", "retracted", "forgotten")) > 0
    assert _figure(output, "muted") > 0
    assert _figure(output, "breached") > 0
    ends = [_figure(output, name) for name in ("taken", "repeated", "refused")]
    assert sum(ends) == _figure(output, "actions in") > 0
    assert ends[0] > 0, (
        "of a case's steps the first; a call follows seconds later, and may not be read in so short a run"
    )
    assert "\x1b" not in output
    assert "\r" not in output
    assert [] == running.processes()
    assert [] == list(running.temporary.iterdir())


def test_ctrl_c_ends_the_demo(demo: Callable[..., _Demo]) -> None:
    """Ctrl-C is the usual end: status 0, and no process, no file left."""
    running = demo()
    running.wait_until(lambda: _READY in running.output())
    assert len(running.processes()) >= 5, "demo, Kafka, two workers, board"
    running.process.send_signal(signal.SIGINT)

    assert 0 == running.wait(), running.output()
    assert running.output().rstrip().endswith("Ended.")
    assert [] == running.processes()
    assert [] == list(running.temporary.iterdir())


def test_ctrl_c_while_all_is_starting(demo: Callable[..., _Demo]) -> None:
    """Whoever changes their mind at once gets out at once, and nothing is left."""
    running = demo("--for", "8")
    running.wait_until(lambda: "Kafka runs" in running.output())
    running.process.send_signal(signal.SIGTERM)

    assert 130 == running.wait(), running.output()
    assert [] == running.processes()
    assert [] == list(running.temporary.iterdir())


def test_nothing_outlives_a_killed_demo(demo: Callable[..., _Demo]) -> None:
    """`kill -9` of the demo itself takes Kafka, the workers and the board with it."""
    running = demo()
    running.wait_until(lambda: "Kafka runs" in running.output() and len(running.processes()) >= 5)
    running.process.kill()
    running.process.wait()
    deadline_s = time.monotonic() + _DEADLINE_S
    while running.processes() and time.monotonic() < deadline_s:
        time.sleep(0.1)

    assert [] == running.processes()


async def test_a_borrowed_kafka_is_left_as_it_was(demo: Callable[..., _Demo], kafka: Kafka, unique: str) -> None:
    """With NPS_BROKERS the demo uses topics of its own there, and takes them away at the end."""
    running = demo("--for", "2", env={"NPS_BROKERS": kafka.bootstrap, "NPS_TOPIC_PREFIX": f"{unique}-"})
    status = running.wait()
    async with admin_client(Settings(brokers=kafka.bootstrap)) as admin:
        left = [name for name in await admin.list_topics() if name.startswith(unique)]

    assert 0 == status, running.output()
    assert [] == left
