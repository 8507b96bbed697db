"""Workers as processes of their own, and what starts them again when they fail."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from chaos.waiting import DEADLINE_S, until
from streams.broker.process import ChildProcess
from streams.settings import PREFIX, Settings

_WATCH_S = 0.1
ENDS_MAX = 20
"""A seat whose workers end this often is in a crash loop."""


class Worker:
    """`nps worker` with these settings and no others; of another release where `code` says where that is."""

    def __init__(self, settings: Settings, log: Path, code: Path | None = None) -> None:
        self.settings = settings
        self.log = log
        self._process = ChildProcess(_command(settings, code, "worker"), log)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, negative for the signal that ended it; None while it runs."""
        return self._process.returncode

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, as an operator or the kernel would."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at this instant, frozen or not; returns when it is gone."""
        self._process.kill()

    async def ended(self, within_s: float = DEADLINE_S) -> int:
        """Wait for the end, and give the exit status."""
        await until(f"{self.log.name} ends", lambda: self.status is not None, within_s=within_s)
        assert self.status is not None
        return self.status

    async def is_ready(self) -> bool:
        """Whether it says that it is assigned and restored."""
        return self.status is None and (await self.get("/ready"))[0] == 200

    async def get(self, path: str) -> tuple[int, str]:
        """The status and the text of its metrics port, (0, "") as long as nobody answers there."""
        started = self.said("Metrics")
        if not started:
            return 0, ""
        return await asyncio.to_thread(_get, started[0]["address"].removesuffix("/metrics") + path)

    def shards(self) -> set[int]:
        """The shards of its last assignment, by its log."""
        assigned = self.said("Assigned")
        return set(assigned[-1]["shards"]) if assigned else set()

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log whose text begins like this, as documents."""
        whole = self.log.read_text(errors="replace").rpartition("\n")[0]
        lines = (json.loads(line) for line in whole.splitlines() if line.startswith("{"))
        return [line for line in lines if str(line.get("event")).startswith(event)]


@dataclass(slots=True)
class Seat:
    """A place for a worker: whoever fails there is followed by the next one, as under systemd or Kubernetes."""

    name: str
    settings: Settings
    folder: Path
    supervised: bool = True
    code: Path | None = None
    """Where the release is that the next worker is of; None for this one."""
    ends_max: int = ENDS_MAX
    workers: list[Worker] = field(default_factory=list)
    _task: asyncio.Task[None] | None = None

    @property
    def worker(self) -> Worker:
        """The present one."""
        return self.workers[-1]

    @property
    def taken(self) -> bool:
        """Whether a worker is there."""
        return bool(self.workers) and self.worker.status is None

    @property
    def failures(self) -> int:
        """How many ended otherwise than by a signal of ours or status 0."""
        return sum(worker.status not in (None, 0, -signal.SIGKILL) for worker in self.workers)

    def start(self, **changes: Any) -> Worker:
        """Start the next worker; `changes` are settings of its own."""
        log = self.folder / f"{self.name}-{len(self.workers)}.log"
        self.workers.append(Worker(replace(self.settings, **changes), log, self.code))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())
        return self.worker

    async def stop(self) -> int:
        """Ask the worker to leave, let nobody follow, and give its exit status."""
        await self.leave_alone()
        if self.worker.status is None:
            self.worker.signal(signal.SIGTERM)
        return await self.worker.ended()

    async def leave_alone(self) -> None:
        """Start nobody any more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _watch(self) -> None:
        while len(self.workers) < self.ends_max:
            if self.supervised and self.worker.status not in (None, 0):
                log = self.folder / f"{self.name}-{len(self.workers)}.log"
                self.workers.append(Worker(self.settings, log, self.code))
            await asyncio.sleep(_WATCH_S)


def _command(settings: Settings, code: Path | None, *args: str) -> list[str]:
    """An `nps` command that sees these settings and no others."""
    tool = shutil.which("env")
    assert tool is not None, "there is no env(1)"
    gone = [word for name in os.environ if name.startswith(PREFIX) for word in ("-u", name)]
    env = [f"{name}={value}" for name, value in settings.as_env().items()]
    # Not the directory that we are in, but the path comes first.
    of_code = [] if code is None else [f"PYTHONPATH={code}", "PYTHONSAFEPATH=1"]
    return [tool, *gone, *env, *of_code, sys.executable, "-m", "streams", *args]


def nps(settings: Settings, *args: str, code: Path | None = None) -> str:
    """Run an `nps` command to its end, and give what it says."""
    command = _command(settings, code, *args)
    done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _get(address: str) -> tuple[int, str]:
    try:
        with _opened(address) as answer:
            return answer.status or 0, answer.read().decode()
    except (URLError, HTTPException, OSError):
        return 0, ""


def _opened(address: str) -> HTTPResponse | HTTPError:
    try:
        answer: HTTPResponse = urlopen(address, timeout=5)  # noqa: S310 -- an address of our own worker
    except HTTPError as refused:
        return refused  # an answer like any other, of which the end may be missing, too
    return answer
