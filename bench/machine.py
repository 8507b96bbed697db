"""The machine: its facts, its cores, and a fixed piece of work that tells how fast it is at the moment."""

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import psutil

_PACKAGES = ("faust-streaming", "aiokafka", "mode-streaming", "msgspec", "orjson", "xxhash")
_KERNEL_EVENTS = 20_000


def facts() -> dict[str, Any]:
    """What a reader must know to compare figures, and what else was going on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in _PACKAGES},
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def cores() -> tuple[int | None, int | None]:
    """The core of the broker and the core of the process under test; None where they cannot be kept apart."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    mine = sorted(os.sched_getaffinity(0))
    return (mine[0], mine[1]) if len(mine) > 1 else (None, None)


@contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """Bind this thread to a core, and whatever it starts within for good."""
    if core is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def calibrate(core: int | None) -> float:
    """CPU microseconds per event of a fixed piece of work: how fast this core is now, whatever we measure."""
    line = orjson.dumps(
        {"response_id": "r" * 30, "brand": "b" * 12, "store": "s" * 20, "score": 9, "comment": "c" * 90}
    )
    with on_core(core):
        started = time.thread_time()
        counts: dict[str, int] = {}
        for _ in range(_KERNEL_EVENTS):
            event = orjson.loads(line)
            key = event["brand"] + "|" + event["store"]
            counts[key] = counts.get(key, 0) + event["score"]
        return (time.thread_time() - started) / _KERNEL_EVENTS * 1e6


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
