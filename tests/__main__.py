"""`python -m tests`: every test, in two halves side by side, those on a Kafka and those without one; for `make test`.

The halves are two runs of pytest, each with the order, the fixtures and the report of any other run, and each the same
by hand: `pytest -m kafka` waits most of the time, `pytest -m "not kafka"` calculates. A line of either begins with its
name; the last lines of all say again what failed, whichever half it was in and whichever ended first. What else is
asked for is asked of both, as pytest takes it.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from threading import Thread

_WIDTH = 120
_HALVES = {"kafka": "kafka", "other": "not kafka"}
"""By the name of a half the mark that chooses its tests."""
_NONE_CHOSEN = 5
"""Pytest's exit status where no test was chosen: all that were asked for may be in the other half."""
_WORTH_REPEATING = re.compile(r"(FAILED|ERROR) |=+ .* in \d[\d.]*s\b")
"""Of pytest's short summary: a test that went wrong, and the closing count."""


def main(asked: Sequence[str]) -> int:
    """Run both halves; 0 where all that ran passed, and something ran."""
    halves: dict[str, subprocess.Popen[str]] = {}

    def interrupt(*_: object) -> None:
        for half in halves.values():
            half.send_signal(signal.SIGINT)

    # The halves are no part of the terminal's group: they hear of an interruption once, from here, and end their Kafka.
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    tellers = []
    closings: dict[str, list[str]] = {name: [] for name in _HALVES}
    for name, mark in _HALVES.items():
        halves[name] = _start(name, mark, asked)
        tellers.append(Thread(target=_tell, args=(name, halves[name], closings[name])))
        tellers[-1].start()
    statuses = {name: half.wait() for name, half in halves.items()}
    for teller in tellers:
        teller.join()
    for name, status in statuses.items():
        _say("".join(_label(name) + line for line in closings[name]) + f"{name}: exit status {status}\n")
    return together(statuses.values())


def together(statuses: Iterable[int]) -> int:
    """The exit status of both halves: the worst, where a half without tests is none."""
    return max((abs(status) for status in statuses if status != _NONE_CHOSEN), default=_NONE_CHOSEN)


def environment(name: str, given: Mapping[str, str]) -> dict[str, str]:
    """What a half finds in its environment: unless told otherwise, the simulation leaves a processor to the other."""
    apart = {"SIMULATION_PROCESSES": str(max(1, (os.cpu_count() or 1) - 1))}
    return {**apart, **given, "COLUMNS": str(_WIDTH - len(_label(name))), "PYTHONUNBUFFERED": "1"}


def _start(name: str, mark: str, asked: Sequence[str]) -> "subprocess.Popen[str]":
    # What calculates makes way for what has deadlines to keep.
    first = ["nice", "-n", "10"] if name == "other" else []
    return subprocess.Popen(
        [*first, sys.executable, "-m", "pytest", "-m", mark, *asked],
        env=environment(name, os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        process_group=0,
    )


def _tell(name: str, half: "subprocess.Popen[str]", closing: list[str]) -> None:
    """Say each line as it comes, and keep in `closing` those worth repeating."""
    assert half.stdout is not None
    for line in half.stdout:
        _say(_label(name) + line)
        if _WORTH_REPEATING.match(line):
            closing.append(line)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _label(name: str) -> str:
    return f"{name} | "


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
