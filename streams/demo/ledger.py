"""The ledger: what was sent and what Kafka answered, and from that alone what the system ought to make of it.

It is a recount of its own: it imports nothing that decides about responses, so that both can be wrong but not alike.
"""

from collections import Counter
from dataclasses import dataclass, field

from streams.demo.lives import Lives
from streams.demo.records import ENDS_AS, Kind, Record

DISPOSITIONS = ("counted", "duplicate", "correction", "dead_letter", "rehomed")
_PRESENCE = {Kind.DELETION: -1, Kind.EXCLUSION: -1, Kind.RESTORATION: +1, Kind.FORGET_ALL: -1}


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Counts by kind; of every record that was sent, one of acked, unknown (no answer came) and under way.

    `lives` knows what must be said of alerts.
    """

    partitions: int
    lives: Lives
    sent: Counter[Kind] = field(default_factory=Counter)
    acked: Counter[Kind] = field(default_factory=Counter)
    unknown: Counter[Kind] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def note_sent(self, record: Record) -> None:
        """A record goes out."""
        self.sent[record.kind] += 1

    def note_acked(self, record: Record, appended_ms: int) -> None:
        """Kafka has a record, since `appended_ms` by its own clock. The records of a response come in order."""
        self.acked[record.kind] += 1
        if record.reason:
            self.reasons[record.reason] += 1
        if record.said is not None:
            self.lives.take(record.said, appended_ms)

    def note_unknown(self, record: Record) -> None:
        """No answer came: Kafka may have the record or not."""
        self.unknown[record.kind] += 1

    @property
    def sure(self) -> bool:
        """Whether the fate of every record is known."""
        return self.sent == self.acked

    def dispositions(self) -> dict[str, int]:
        """What the acknowledged records must have ended as. A misrouted one is re-homed, and its copy is counted."""
        ends = Counter(dict.fromkeys(DISPOSITIONS, 0))
        for kind, number in self.acked.items():
            ends[ENDS_AS[kind]] += number
        ends["rehomed"] = self.acked[Kind.MISROUTED] if self.partitions > 1 else 0
        return dict(ends)

    def present(self) -> int:
        """Answers that count now: counted ones without those deleted, excluded or forgotten since."""
        change = sum(step * self.acked[kind] for kind, step in _PRESENCE.items())
        return self.dispositions()["counted"] + change
