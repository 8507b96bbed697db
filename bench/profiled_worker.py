"""`python -m bench.profiled_worker calls|samples FILE`: a worker that writes where its time went when it ends.

`calls` counts every call of the main thread (cProfile): exact counts, but calls cost extra, so plain Python looks
worse than it is. `samples` looks at all threads every few milliseconds and charges each one's CPU since the last look
to the functions on its stack: nearly true shares, no counts. Two things to know when reading it: a thread stops to be
looked at where it enters a Python function, so that the C code before is charged to that one; and a thread that works
in short bursts is seen only when it waits (`select`): for low rates `calls` says more.
"""

import cProfile
import os
import pstats
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from streams.app import run_worker
from streams.settings import Settings

_SAMPLE_S = 0.002
_SWITCH_S = 0.001
_TOP = 70

Place = tuple[str, str]


class Sampler:
    """Charges CPU to functions, by thread."""

    def __init__(self) -> None:
        self.own: dict[str, dict[Place, float]] = defaultdict(lambda: defaultdict(float))
        self.within: dict[str, dict[Place, float]] = defaultdict(lambda: defaultdict(float))
        self.total: dict[str, float] = defaultdict(float)
        self._used: dict[int, float] = {}

    def run(self) -> None:
        """Sample for ever; the body of a daemon thread."""
        me = threading.get_ident()
        while True:
            time.sleep(_SAMPLE_S)
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != me and ident in names:
                    self._charge(names[ident], ident, frame)

    def _charge(self, name: str, ident: int, frame: FrameType) -> None:
        used = time.clock_gettime(time.pthread_getcpuclockid(ident))
        spent = used - self._used.get(ident, used)
        self._used[ident] = used
        if spent <= 0:
            return
        self.total[name] += spent
        self.own[name][_place(frame)] += spent
        stack: FrameType | None = frame
        places = set()
        while stack is not None:
            places.add(_place(stack))
            stack = stack.f_back
        for place in places:
            self.within[name][place] += spent

    def write(self, out: Path) -> None:
        """Write a table per thread: seconds in the function itself, and with all that it calls."""
        lines = []
        for name, total in sorted(self.total.items(), key=lambda item: -item[1]):
            lines.append(f"thread {name}: {total:.2f} s of CPU\n   own s  own %  with callees s  function")
            own, within = self.own[name], self.within[name]
            for place in sorted(within, key=lambda place: -own.get(place, 0.0))[:_TOP]:
                mine = own.get(place, 0.0)
                lines.append(f"{mine:8.3f} {100 * mine / total:6.2f} {within[place]:15.3f}  {' '.join(place)}")
            lines.append("")
        out.write_text("\n".join(lines))


def _place(frame: FrameType) -> Place:
    code = frame.f_code
    return code.co_qualname, "/".join(Path(code.co_filename).parts[-3:])


def _at_end(write: Callable[[], None]) -> None:
    """Write before the process ends: a worker ends by `os._exit`, past all exit handlers."""
    end = os._exit

    def write_and_end(status: int) -> NoReturn:
        write()
        end(status)

    os._exit = write_and_end


def main() -> None:
    """Run a worker under a profiler."""
    kind, out = sys.argv[1], Path(sys.argv[2])
    settings = Settings.from_env(os.environ)
    if kind == "calls":
        profile = cProfile.Profile()

        def write() -> None:
            profile.disable()
            with out.open("w") as text:
                stats = pstats.Stats(profile, stream=text).strip_dirs()
                stats.sort_stats("tottime").print_stats(_TOP)
                stats.sort_stats("cumulative").print_stats(_TOP)
            profile.dump_stats(out.with_suffix(".pstats"))

        _at_end(write)
        profile.enable()
    else:
        sys.setswitchinterval(_SWITCH_S)
        sampler = Sampler()
        _at_end(lambda: sampler.write(out))
        threading.Thread(target=sampler.run, name="sampler", daemon=True).start()
    sys.exit(run_worker(settings))


if __name__ == "__main__":
    main()
