"""Which cases have something due, in the order of time.

Nearly all clocks are hours or days away, and most never fire. So a case is put into the bin of the hour in which
something is due of it, and the cases of an hour are put in order when that hour has come.
"""

import heapq
from typing import Final

_HOUR_MS: Final = 3_600_000


class Clocks:
    """When something is next due of each case. Entries may be stale: for each case there is one whose time holds."""

    def __init__(self) -> None:
        self._bins: dict[int, list[tuple[int, str]]] = {}
        """By hour since the epoch, for the hours that have not come."""
        self._due: list[tuple[int, str]] = []
        """A heap of what is due in hours that have come."""
        self._hour = -1
        """The last hour that has come."""

    def add(self, due_ms: int, alert_id: str) -> None:
        """Something is due of a case at a time (ms since the epoch)."""
        hour = due_ms // _HOUR_MS
        if hour <= self._hour:
            heapq.heappush(self._due, (due_ms, alert_id))
            return
        entries = self._bins.get(hour)
        if entries is None:
            self._bins[hour] = [(due_ms, alert_id)]
        else:
            entries.append((due_ms, alert_id))

    def take(self, now_ms: int) -> str | None:
        """The case whose time has come first, None when there is none; its entry is taken out."""
        hour = now_ms // _HOUR_MS
        if hour > self._hour:
            self._hour = hour
            for come in [one for one in self._bins if one <= hour]:
                self._due += self._bins.pop(come)
            heapq.heapify(self._due)
        if not self._due or self._due[0][0] > now_ms:
            return None
        return heapq.heappop(self._due)[1]

    def next_ms(self) -> float:
        """When to look again (ms since the epoch), not later than something is due; infinite when nothing waits."""
        if self._due:
            return self._due[0][0]
        return min(self._bins) * _HOUR_MS if self._bins else float("inf")
