"""Huge pages under the state.

Votes, stores and cases lie all over the heap. In pages of 4 KiB nearly every look at one needs an address that the
processor does not know by heart, and a virtual machine has to look it up twice. Linux (6.1 and later) puts pages of
2 MiB in their place for a process that asks for it: `madvise(2)`, MADV_COLLAPSE. Python never asks, so this does, from
a thread of its own, for memory that is in use already. Where it cannot be had nothing is lost but time.
"""

import ctypes
import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

HUGE_BYTES: Final = 2 << 20
_MADV_COLLAPSE: Final = 25
_LOOK_S: Final = 1.0
_GROWN_BYTES: Final = 8 << 20
"""The heap is looked at again once the process has grown by this much."""
_IN_USE: Final = 0.9
"""So much of a huge page must be in use: what a thread's stack or an arena leaves unused is not to be filled."""
_FAILURES_MAX: Final = 3
_PROC: Final = Path("/proc/self")


class HugePages:
    """Puts huge pages under the heap while it grows. `collapsed` holds the numbers of those in place."""

    def __init__(self) -> None:
        self.collapsed: set[int] = set()
        self._page_bytes = os.sysconf("SC_PAGESIZE")
        self._looked_at = 0
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="huge-pages", daemon=True)

    def start(self) -> None:
        """Begin, on Linux; anywhere else there is nothing to do."""
        if _PROC.exists():
            self._thread.start()

    def stop(self) -> None:
        """End; returns once nothing is asked for any more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> bool:
        """Ask for huge pages where the heap has grown; False where the system refuses them."""
        resident = int((_PROC / "statm").read_text().split()[1]) * self._page_bytes
        if resident - self._looked_at < _GROWN_BYTES:
            return True
        self._looked_at = resident
        failures = 0
        for number in heap_pages((_PROC / "maps").read_text()):
            if number in self.collapsed or not self._is_in_use(number):
                continue
            if self._libc.madvise(ctypes.c_void_p(number * HUGE_BYTES), ctypes.c_size_t(HUGE_BYTES), _MADV_COLLAPSE):
                failures += 1
                if failures == _FAILURES_MAX:
                    log.debug("No huge pages: %s", os.strerror(ctypes.get_errno()))
                    return False
            else:
                self.collapsed.add(number)
        return True

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_S) and self.look():
            pass

    def _is_in_use(self, number: int) -> bool:
        pages = (ctypes.c_ubyte * (HUGE_BYTES // self._page_bytes))()
        self._libc.mincore(ctypes.c_void_p(number * HUGE_BYTES), ctypes.c_size_t(HUGE_BYTES), pages)
        return bytes(pages).count(1) >= _IN_USE * len(pages)


def heap_pages(maps: str) -> Iterator[int]:
    """Numbers (address / 2 MiB) of the huge pages that fit into private writable memory of no file; see proc(5)."""
    for line in maps.splitlines():
        addresses, rights, _, _, inode, *name = line.split()
        if rights == "rw-p" and inode == "0" and name in ([], ["[heap]"]):
            start, end = (int(address, 16) for address in addresses.split("-"))
            yield from range(-(-start // HUGE_BYTES), end // HUGE_BYTES)
