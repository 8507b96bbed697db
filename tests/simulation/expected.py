"""What must become of every record, one by one, by the independent recount."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from chaos.rules.recount import Recount
from tests.simulation.truth import Seen


class AlertEvent(NamedTuple):
    """One event that a record brought, by what tells it from all others; `sequence` counts nothing else."""

    alert_id: str
    kind: str
    sequence: int


@dataclass(frozen=True, slots=True)
class Fate:
    """What must become of a record of `survey.responses`."""

    partition: int
    offset: int
    disposition: str
    alerts: tuple[AlertEvent, ...]
    audits: tuple[str, ...]
    """The ids of what must be said of persons forgotten."""
    reason: str
    """Why it is a dead letter; empty where it is none."""
    home: int
    """Where it must be sent on to; -1 where it is at home."""


class Expected:
    """The fates of all records, in order within a partition, and the recount as of the last."""

    def __init__(self, records: Iterable[Seen], partitions: int, topic: str) -> None:
        self.recount = Recount(partitions, topic)
        self.fates: dict[int, list[Fate]] = {number: [] for number in range(partitions)}
        for record in sorted(records, key=lambda one: (one.partition, one.offset)):
            self.fates[record.partition].append(self._take(record))

    def below(self, partition: int, start: int, end: int) -> list[Fate]:
        """The fates of the records between two positions of a partition."""
        return [fate for fate in self.fates[partition] if start <= fate.offset < end]

    def _take(self, record: Seen) -> Fate:
        recount = self.recount
        before = Counter(recount.dispositions[record.partition])
        said = {store: len(events) for store, events in recount.alerts.items()}
        audited = len(recount.audits)
        recount.take(record)
        (disposition,) = recount.dispositions[record.partition] - before
        at = record.partition, record.offset
        alerts = tuple(
            AlertEvent(event["alert_id"], event["kind"], event["sequence"])
            for store, events in recount.alerts.items()
            for event in events[said.get(store, 0) :]
        )
        audits = tuple([*recount.audits][audited:])
        return Fate(*at, disposition, alerts, audits, recount.dead.get(at, ""), recount.rehomed.get(at, -1))
