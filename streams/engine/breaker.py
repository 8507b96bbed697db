"""The breaker: a bad deploy of a producer must not drain a topic into dead letters.

More than 500 dead letters among the last 1,000 records of a shard's input, or 500 in a row, and the partition is held
until an operator says `resume`, which starts both counts afresh. It is decided record by record, so that the same log
always trips it at the same record.
"""

from typing import Any

WINDOW = 1_000
SHARE_MAX = 500
RUN_MAX = 500
_MASK = (1 << WINDOW) - 1


class Breaker:
    """Counts of one partition. `tripped` stays until `reset`."""

    __slots__ = ("_recent", "_run", "tripped")

    def __init__(self) -> None:
        self._recent = 0
        self._run = 0
        self.tripped = False

    def passed(self, records: int) -> None:
        """That many records in a row were no dead letters."""
        if records:
            self._recent = (self._recent << min(records, WINDOW)) & _MASK
            self._run = 0

    def dead(self) -> bool:
        """One record was a dead letter; True when that trips the breaker."""
        self._recent = (self._recent << 1 | 1) & _MASK
        self._run += 1
        self.tripped = self._run >= RUN_MAX or self._recent.bit_count() > SHARE_MAX
        return self.tripped

    def reset(self) -> None:
        """An operator saw to it: begin anew."""
        self._recent = self._run = 0
        self.tripped = False

    def dump(self) -> dict[str, Any]:
        """The counts, for the marker; empty when there is nothing to keep."""
        if not self._recent and not self.tripped:
            return {}
        return {"recent": f"{self._recent:x}", "run": self._run, "tripped": self.tripped}

    @classmethod
    def load(cls, kept: dict[str, Any]) -> "Breaker":
        """What `dump` gave."""
        breaker = cls()
        if kept:
            breaker._recent = int(kept["recent"], 16)
            breaker._run = int(kept["run"])
            breaker.tripped = bool(kept["tripped"])
        return breaker
