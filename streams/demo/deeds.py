"""What the simulated desk sent and what Kafka answered, and from that alone what ought to become of it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple


class Deed(NamedTuple):
    """One record for `followup.actions`. `at_ms` is when it is sent, in ms since the epoch.

    `reason` is set where it must end as a dead letter; `is_stray` where its key leads to another partition.
    """

    at_ms: int
    key: bytes
    value: bytes
    action_id: str
    alert_id: str
    reason: str = ""
    is_stray: bool = False
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True, kw_only=True)
class Deeds:
    """Counts of what was sent; each record is one of acked, unknown (no answer came) and under way."""

    sent: int = 0
    acked: int = 0
    unknown: int = 0
    good: Counter[str] = field(default_factory=Counter)
    """How often each action is in the topic that nothing is wrong with, by its id."""
    alerts: dict[str, str] = field(default_factory=dict)
    """The alert of each of them."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Of those that must be dead letters."""
    strays: int = 0

    def note_sent(self, _: Deed) -> None:
        """A record goes out."""
        self.sent += 1

    def note_acked(self, deed: Deed, _appended_ms: int) -> None:
        """Kafka has a record."""
        self.acked += 1
        self.strays += deed.is_stray
        if deed.reason:
            self.reasons[deed.reason] += 1
        else:
            self.good[deed.action_id] += 1
            self.alerts[deed.action_id] = deed.alert_id

    def note_unknown(self, _: Deed) -> None:
        """No answer came: Kafka may have the record or not."""
        self.unknown += 1

    @property
    def sure(self) -> bool:
        """Whether the fate of every record is known."""
        return self.sent == self.acked
