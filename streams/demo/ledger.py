"""The ledger: what was sent and what Kafka answered, and from that alone what the system ought to make of it.

It is a recount of its own: it imports nothing that decides about responses, so that both can be wrong but not alike.
"""

from collections import Counter
from dataclasses import dataclass, field

from streams.demo.records import ENDS_AS, Answer, Kind, Record

DISPOSITIONS = ("counted", "duplicate", "correction", "dead_letter", "rehomed")
DETRACTOR_MAX = 6
_PRESENCE = {Kind.DELETION: -1, Kind.EXCLUSION: -1, Kind.RESTORATION: +1}

Name = tuple[str, str, str, str]


@dataclass(slots=True, kw_only=True)
class Ledger:
    """Counts by kind; of every record that was sent, one of acked, unknown (no answer came) and under way.

    `alerts` are the responses that must raise one, with the append time of the answer that does, in ms since the epoch;
    `muted` those that would, were they not too old or imported. Both grow: by some 3 MB an hour at the usual rate.
    """

    partitions: int
    alert_max_age_ms: float
    sent: Counter[Kind] = field(default_factory=Counter)
    acked: Counter[Kind] = field(default_factory=Counter)
    unknown: Counter[Kind] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    alerts: dict[Name, int] = field(default_factory=dict)
    muted: set[Name] = field(default_factory=set)

    def note_sent(self, record: Record) -> None:
        """A record goes out."""
        self.sent[record.kind] += 1

    def note_acked(self, record: Record, appended_ms: int) -> None:
        """Kafka has a record, since `appended_ms` by its own clock."""
        self.acked[record.kind] += 1
        if record.reason:
            self.reasons[record.reason] += 1
        if record.answer is not None and record.answer.score <= DETRACTOR_MAX:
            self._note_detractor(record.answer, appended_ms)

    def note_unknown(self, record: Record) -> None:
        """No answer came: Kafka may have the record or not."""
        self.unknown[record.kind] += 1

    def _note_detractor(self, answer: Answer, appended_ms: int) -> None:
        """A response is muted or raises its alert once, whatever becomes of its score."""
        if answer.imported or appended_ms - answer.submitted_ms > self.alert_max_age_ms:
            self.muted.add(answer.name)
        else:
            self.alerts.setdefault(answer.name, appended_ms)

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
        """Answers that count now: counted ones without those deleted or excluded since."""
        change = sum(step * self.acked[kind] for kind, step in _PRESENCE.items())
        return self.dispositions()["counted"] + change
