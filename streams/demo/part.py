"""The parts of the run that are processes of their own: started, kept alive, ended, never left behind."""

import asyncio
import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from streams.broker.process import ChildProcess

_LOOK_S = 0.1
PAUSES_S = (1.0, 2.0, 4.0, 8.0)
"""Before the first, second, ... start of a row of early deaths; the last one for all that follow."""
_STEADY_S = 30.0
"""Who lived so long did not die of its start: the pauses begin anew."""
_MESSAGE_MAX = 200
STARTS_MAX = 5
"""A part that dies so often in a row cannot be helped."""


class Hopeless(Exception):
    """A part that dies again and again; the text says which, and what it said last."""


class Part:
    """One process that is kept alive. `pid` is that of the present one; `say` is told what happens to it, in words."""

    def __init__(self, name: str, command: list[str], env: Mapping[str, str], log: Path) -> None:
        """Describe it; nothing runs yet. `env` is what this process's `NPS_*` variables become for it."""
        self.name = name
        self.log = log
        self.starts = 0
        self._command = [*_with_env(env), *command]
        self._process: ChildProcess | None = None
        self._said = 0
        self._since_s = 0.0

    @property
    def pid(self) -> int:
        """Process id of the present process, or of the last one."""
        assert self._process is not None, "it was never started"
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    def start(self) -> None:
        """Start it; OSError where that fails."""
        self.starts += 1
        self._since_s = time.monotonic()
        self._said = self.log.stat().st_size if self.log.exists() else 0
        self._process = ChildProcess(self._command, self.log)

    async def keep(self, say: Callable[[str], None], pauses_s: Sequence[float] = PAUSES_S) -> None:
        """Start it again whenever it dies, until this is cancelled. Raises Hopeless where that leads to nothing."""
        deaths = 0
        while True:
            while self.alive:  # noqa: ASYNC110 (a process tells no event)
                await asyncio.sleep(_LOOK_S)
            deaths = 1 if time.monotonic() - self._since_s > _STEADY_S else deaths + 1
            if deaths >= STARTS_MAX:
                raise Hopeless(f"{self.name} {self._fate()}, for the {deaths}th time in a row.\n{self.tail()}")
            pause_s = pauses_s[min(deaths, len(pauses_s)) - 1]
            say(f"{self.name} (pid {self.pid}) {self._fate()}; starting it again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            self.start()
            say(f"{self.name} runs again, as pid {self.pid}")

    def tail(self, lines: int = 8) -> str:
        """What the present process, or the last one, said last."""
        if not self.log.exists():
            return ""
        with self.log.open(errors="replace") as log:
            log.seek(self._said)
            return "".join(log.readlines()[-lines:]).rstrip()

    def end(self, timeout_s: float) -> None:
        """Ask it to end, kill it after `timeout_s`. Returns when it is gone; nothing where it does not run."""
        if self._process is not None:
            self._process.stop(timeout_s)

    def _fate(self) -> str:
        assert self._process is not None
        status = self._process.returncode or 0
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        last = _message(self.tail(1))
        return f"ended with status {status}" + (f" ({last})" if last else "")


async def end_all(parts: list[Part], timeout_s: float) -> None:
    """End all of them, at once; none is left after `timeout_s` and a moment."""
    await asyncio.gather(*(asyncio.to_thread(part.end, timeout_s) for part in parts))


def _message(line: str) -> str:
    """What a line of a log says, without what is for machines."""
    with suppress(ValueError, TypeError, KeyError):
        line = json.loads(line)["event"]
    return line.split(" | Traceback")[0][:_MESSAGE_MAX]


def _with_env(env: Mapping[str, str]) -> list[str]:
    """The words before a command that give it these variables. Unchanged ones are inherited: secrets stay unwritten."""
    env_tool = shutil.which("env")
    assert env_tool is not None, "there is no env(1)"
    gone = [name for name in os.environ if name.startswith("NPS_") and name not in env and name != "NPS_CACHE_DIR"]
    unset = [word for name in gone for word in ("-u", name)]
    return [env_tool, *unset, *(f"{name}={value}" for name, value in env.items() if os.environ.get(name) != value)]
