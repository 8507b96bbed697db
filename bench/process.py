"""A process under test: bound to a core, watched from outside, never left behind."""

import os
import shutil
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from bench.machine import on_core
from streams.broker.process import ChildProcess

_SAMPLE_S = 0.02
_STOP_S = 15.0


class Ended(Exception):
    """The process under test ended by itself; the text has the end of its log."""


class Sample(NamedTuple):
    """What a process had used at an instant (s since the epoch): CPU seconds, and resident bytes.

    `idle_s` is how long its core had had nothing to do, for anybody; 0 where it has no core of its own.
    """

    at_s: float
    cpu_s: float
    resident: int
    idle_s: float


class Process:
    """A running Python process: `python -m <words>`. Its CPU and memory are noted 50 times a second."""

    def __init__(self, words: list[str], env: Mapping[str, str], log: Path, core: int | None) -> None:
        """Start it. `env` is added to this process's environment, from which all `NPS_*` are taken."""
        self.log = log
        self.samples: list[Sample] = []
        self._core = core
        with on_core(core):
            self._child = ChildProcess([*_with_env(env), sys.executable, "-m", *words], log)
        self._process = psutil.Process(self._child.pid)
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._sample, name="samples", daemon=True)
        self._watch.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask it to end, at worst kill it; returns when it is gone."""
        self._done.set()
        self._watch.join()
        self._child.stop(_STOP_S)

    def check(self) -> None:
        """Raise Ended where it does not run any more."""
        if self._child.returncode is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise Ended(f"status {self._child.returncode}; the end of {self.log}:\n{tail}")

    def now(self) -> Sample:
        """What it has used up to now."""
        self.check()
        with self._process.oneshot():
            times = self._process.cpu_times()
            resident = self._process.memory_info().rss
        return Sample(time.time(), times.user + times.system, resident, _idle_s(self._core))

    def at(self, at_s: float) -> Sample:
        """The sample nearest after an instant, or the last one."""
        position = bisect_left(self.samples, at_s, key=lambda sample: sample.at_s)
        return self.samples[min(position, len(self.samples) - 1)]

    def threads(self) -> tuple[float, float]:
        """CPU seconds of the main thread, and of all others."""
        main = others = 0.0
        for thread in self._process.threads():
            used = thread.user_time + thread.system_time
            if thread.id == self._process.pid:
                main += used
            else:
                others += used
        return main, others

    def until_quiet(self, timeout_s: float) -> Sample:
        """Wait until it uses less than a tenth of a core for half a second; gives the sample before that."""
        deadline = time.monotonic() + timeout_s
        before = self.now()
        while time.monotonic() < deadline:
            time.sleep(0.5)
            after = self.now()
            if after.cpu_s - before.cpu_s < 0.05:
                break
            before = after
        return before

    def _sample(self) -> None:
        while not self._done.wait(_SAMPLE_S):
            try:
                self.samples.append(self.now())
            except (Ended, psutil.Error):
                return


def _idle_s(core: int | None) -> float:
    if core is None:
        return 0.0
    times = psutil.cpu_times(percpu=True)[core]
    return float(times.idle + getattr(times, "iowait", 0.0))


def _with_env(env: Mapping[str, str]) -> list[str]:
    tool = shutil.which("env")
    assert tool is not None, "there is no env(1)"
    gone = [word for name in os.environ if name.startswith("NPS_") and name != "NPS_CACHE_DIR" for word in ("-u", name)]
    return [tool, *gone, *(f"{name}={value}" for name, value in env.items())]
