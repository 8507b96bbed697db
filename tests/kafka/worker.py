"""A worker as a process of its own: started, asked how it is, stopped, killed, frozen and woken."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

from streams.settings import PREFIX, Settings
from tests.kafka.waiting import DEADLINE_S, until

TAIL_LINES = 30


class Worker:
    """`nps worker` with these settings and no others; whoever starts it ends it with `end`."""

    def __init__(self, settings: Settings, log: Path) -> None:
        self.settings = settings
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streams", "worker"],
                env=_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def assert_running(self) -> None:
        """Fail where it has ended, with what it said last."""
        assert not self.ended, f"the worker ended with {self._process.returncode}\n{self.tail()}"

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, as an operator or the kernel would."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at this instant; returns when it is gone."""
        self._process.kill()
        self._process.wait()

    def terminate(self) -> None:
        """Ask it to leave."""
        self.signal(signal.SIGTERM)

    def end(self) -> None:
        """Make sure that it is gone, frozen or not."""
        if not self.ended:
            self.kill()

    async def status(self, within_s: float = DEADLINE_S) -> int:
        """Wait for the end, and return the exit status (negative: the signal that ended it)."""
        await until("the worker ends", lambda: self.ended, within_s=within_s)
        assert self._process.returncode is not None
        return self._process.returncode

    async def stop(self) -> int:
        """Ask it to leave, and return its exit status."""
        self.terminate()
        return await self.status()

    async def until_ready(self) -> "Worker":
        """Wait until it is assigned and restored."""
        await until("the worker is ready", self.is_ready)
        return self

    async def is_ready(self) -> bool:
        """Whether it says that it does its share; fails where it has ended instead."""
        self.assert_running()
        return (await self.get("/ready"))[0] == 200

    async def get(self, path: str) -> tuple[int, str]:
        """The status and the text of its metrics port, (0, "") as long as nobody answers there."""
        started = self.said("Metrics")
        if not started:
            return 0, ""
        return await asyncio.to_thread(_get, started[0]["address"].removesuffix("/metrics") + path)

    async def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples with these labels, 0 where there is none."""
        _, text = await self.get("/metrics")
        wanted = {f'{label}="{value}"' for label, value in labels.items()}
        lines = [line for line in text.splitlines() if line.startswith((name + "{", name + " "))]
        return sum(float(line.rpartition(" ")[2]) for line in lines if all(label in line for label in wanted))

    def connections(self) -> list[Any]:
        """Its sockets, those it listens on among them."""
        return list(psutil.Process(self._process.pid).net_connections("inet"))

    def shards(self) -> set[int]:
        """The shards of its last assignment, by its log."""
        assigned = self.said("Assigned")
        return set(assigned[-1]["shards"]) if assigned else set()

    def said(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log whose text begins like this, as documents."""
        return [line for line in self.lines() if str(line.get("event")).startswith(event)]

    def lines(self) -> list[dict[str, Any]]:
        """Its log, without what is no JSON and a line that is not finished."""
        whole = self.whole_log().rpartition("\n")[0]
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def tail(self) -> str:
        """The end of its log, for a person."""
        return "\n".join(self.whole_log().splitlines()[-TAIL_LINES:])

    def whole_log(self) -> str:
        """All that it said."""
        return self._log.read_text(errors="replace")


def nps(settings: Settings, *args: str) -> subprocess.CompletedProcess[str]:
    """Run an `nps` command to its end."""
    command = [sys.executable, "-m", "streams", *args]
    return subprocess.run(command, env=_environment(settings), capture_output=True, text=True, timeout=60, check=False)


def _environment(settings: Settings) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**others, **settings.as_env()}


def _get(address: str) -> tuple[int, str]:
    try:
        with _opened(address) as answer:
            return answer.status or 0, answer.read().decode()
    except (URLError, HTTPException, OSError):
        return 0, ""


def _opened(address: str) -> HTTPResponse | HTTPError:
    try:
        answer: HTTPResponse = urlopen(address, timeout=10)
    except HTTPError as refused:
        return refused  # an answer like any other, of which the end may be missing, too
    return answer
