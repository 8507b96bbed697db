"""A child process that does not outlive this one, however this one ends.

Linux kills a child for us when its parent dies (PR_SET_PDEATHSIG), `kill -9` of the parent included; nothing else can.
Three things follow. The child has to ask for it itself: asking between fork and exec, in a `preexec_fn`, would run
Python in a fork of a threaded process, so a few lines of Python in the child ask and then become the program. "Parent"
means the *thread* that started the child: here a thread of its own, which lives as long as the child does. And the
parent may be gone before the child asks, so the child looks. Elsewhere than on Linux it ends with an orderly exit only.
"""

import os
import queue
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

_DIE_WITH_PARENT = """
import ctypes, os, signal, sys
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


class ChildProcess:
    """A running program, its output in a file; in a process group of its own: no Ctrl-C reaches it."""

    def __init__(self, command: list[str], log: Path) -> None:
        """Start `command` (an absolute path and its arguments); OSError where that fails. Appends to `log`."""
        self.returncode: int | None = None
        self._ended = threading.Event()
        started: queue.SimpleQueue[subprocess.Popen[bytes] | OSError] = queue.SimpleQueue()
        threading.Thread(target=self._live, args=(command, log, started), name="broker", daemon=True).start()
        outcome = started.get()
        if isinstance(outcome, OSError):
            raise outcome
        self.pid = outcome.pid

    def _live(
        self, command: list[str], log: Path, started: queue.SimpleQueue[subprocess.Popen[bytes] | OSError]
    ) -> None:
        if sys.platform == "linux":
            command = [sys.executable, "-I", "-S", "-c", _DIE_WITH_PARENT, str(os.getpid()), *command]
        try:
            with log.open("ab") as output:
                process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
                )
        except OSError as error:
            started.put(error)
            return
        started.put(process)
        self.returncode = process.wait()
        self._ended.set()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; False when it did not come within `timeout_s`."""
        return self._ended.wait(timeout_s)

    def stop(self, timeout_s: float) -> None:
        """Ask it to end, and kill it after `timeout_s`; returns when it is gone."""
        self._signal(signal.SIGTERM)
        if not self.wait(timeout_s):
            self.kill()

    def kill(self) -> None:
        """Kill it (SIGKILL) with whatever it started; returns when it is gone."""
        self._signal(signal.SIGKILL)
        self.wait()

    def _signal(self, number: signal.Signals) -> None:
        if not self._ended.is_set():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)
