"""Lines of a file or a pipe, as they come, in bounded memory."""

import asyncio
import os
from collections.abc import AsyncIterator

_CHUNK_BYTES = 65_536


async def read_lines(descriptor: int, bytes_max: int) -> AsyncIterator[list[bytes]]:
    """Give the lines of a file descriptor, those of one read at a time, without their ends (LF or CR LF).

    A line longer than `bytes_max` is cut to one byte more than that. Waits in the event loop where there is nothing
    to read yet, so that Ctrl-C ends it; not for files on a disk, which have all there will be.
    """
    lines = Lines(bytes_max)
    while chunk := await _read(descriptor):
        yield lines.feed(chunk)
    yield lines.end()


async def _read(descriptor: int) -> bytes:
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    try:
        loop.add_reader(descriptor, readable.set)
    except PermissionError:  # a file on a disk: epoll refuses it, for it is always ready
        await asyncio.sleep(0)
    else:
        try:
            await readable.wait()
        finally:
            loop.remove_reader(descriptor)
    return os.read(descriptor, _CHUNK_BYTES)


class Lines:
    """Makes lines of chunks. What it holds is at most one line, cut."""

    def __init__(self, bytes_max: int) -> None:
        self._room = bytes_max + 2  # one byte more says that it is too long, and a CR may come before the end
        self._begun = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that end in this chunk."""
        *ends, rest = chunk.split(b"\n")
        lines = []
        for part in ends:
            self._append(part)
            lines.append(self._take())
        self._append(rest)
        return lines

    def end(self) -> list[bytes]:
        """Return the last line, where the input does not end with LF."""
        return [self._take()] if self._begun else []

    def _append(self, part: bytes) -> None:
        self._begun += part[: self._room - len(self._begun)]

    def _take(self) -> bytes:
        line = bytes(self._begun.removesuffix(b"\r"))
        self._begun.clear()
        return line
