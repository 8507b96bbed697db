"""The gate: which partitions may deliver. Closed for all that has no open shard, whatever Faust resumes."""

import asyncio
import contextlib

from faust.types import TP


class Gate:
    """A set of partitions that deliver; lives in the worker's event loop."""

    def __init__(self) -> None:
        self.open: frozenset[TP] = frozenset()
        self._changed = asyncio.Event()

    def admit(self, tps: frozenset[TP]) -> None:
        """Let these partitions deliver, from where they were sought to."""
        self._set(self.open | tps)

    def hold(self, tps: frozenset[TP]) -> None:
        """Let these partitions deliver nothing any more."""
        self._set(self.open - tps)

    async def wait_changed(self, timeout_s: float) -> None:
        """Wait for the set to change, at most `timeout_s`."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout_s)

    def _set(self, tps: frozenset[TP]) -> None:
        self.open = tps
        self._changed.set()
