"""Huge pages under the heap: asked for where it is in use, and for nothing else."""

import ctypes
import mmap
from pathlib import Path

from streams.app.huge_pages import HUGE_BYTES, HugePages, heap_pages

_MAPS = """\
00400000-00a00000 rw-p 00000000 00:00 0                                  [heap]
01000000-01100000 rw-p 00000000 00:00 0
7f0000100000-7f0000600000 rw-p 00000000 00:00 0
7f0001000000-7f0001400000 r--p 00000000 00:00 0
7f0002000000-7f0002400000 rw-p 00000000 fe:00 1234                       /usr/lib/libpython3.11.so.1.0
7f0003000000-7f0003400000 rw-s 00000000 00:00 0
7ffc00000000-7ffc00400000 rw-p 00000000 00:00 0                          [stack]
"""
_BYTES = 32 << 20


def test_only_whole_huge_pages_of_the_heap_are_asked_for() -> None:
    """What is too small, read-only, shared, of a file or a stack is left alone."""
    assert [2, 3, 4, 0x7F0000200000 // HUGE_BYTES, 0x7F0000400000 // HUGE_BYTES] == list(heap_pages(_MAPS))


def test_memory_that_is_in_use_gets_huge_pages_and_keeps_what_it_holds() -> None:
    """What is not in use is left so; where the kernel has none to give, nothing happens."""
    pages = HugePages()
    pages.look()
    before = set(pages.collapsed)
    used, unused = (mmap.mmap(-1, _BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(2))
    content = bytes(range(256)) * (_BYTES // 256)
    used.write(content)
    if pages.look():
        assert len(_numbers(used) & (pages.collapsed - before)) >= _BYTES // HUGE_BYTES - 1
        assert _huge_bytes() >= _BYTES - HUGE_BYTES
    assert not _numbers(unused) & pages.collapsed
    assert content == used[:]
    used.close()
    unused.close()


def test_a_heap_that_did_not_grow_is_not_looked_at_again() -> None:
    """The worker looks once a second."""
    pages = HugePages()
    pages.look()
    before = set(pages.collapsed)
    pages.look()
    assert before == pages.collapsed


def test_it_ends_when_told() -> None:
    """Also twice, and without having begun."""
    pages = HugePages()
    pages.stop()
    pages.start()
    pages.stop()


def _numbers(memory: mmap.mmap) -> set[int]:
    """The huge pages that lie wholly in some memory."""
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return {*range(-(-start // HUGE_BYTES), (start + _BYTES) // HUGE_BYTES)}


def _huge_bytes() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("AnonHugePages:"))
