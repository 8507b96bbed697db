"""I4, I6, I13 and I14: what was said of alerts and of persons forgotten, each once, in order, and nothing else."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chaos.deployment import ALERTS, AUDIT, RESPONSES
from chaos.invariants.evidence import Evidence, Finding
from chaos.rules.lives import Fault, Lives, with_instants
from chaos.rules.near import otherwise, unequal
from chaos.rules.place import home

Said = tuple[str, int]
"""What tells one event that a record brought from all others: its alert, and its number there among those."""


def alerts(evidence: Evidence) -> Iterator[Finding]:
    """I4: each event that a record brought is there once, says what it must, and none is there for nothing.

    And all events of an alert, whoever brought them, are numbered without a gap.
    """
    wanted = {_said(event): event for events in evidence.expected.alerts.values() for event in events}
    times: Counter[Said] = Counter()
    for told in _told(evidence):
        event, where = told.event, told.where
        for fault in told.faults:
            yield Finding(invariant="I4", kind=fault.kind, text=fault.text, **where)
        if told.record.key != f"{event['brand']}|{event['store']}".encode():
            yield Finding(invariant="I4", kind="wrong", text=f"its key is {told.record.key!r}", **where)
        if told.said is None:
            continue
        times[told.said] += 1
        if told.said not in wanted:
            yield Finding(invariant="I4", kind="double", text=f"{event['kind']} for nothing", **where)
            continue
        expected = wanted[told.said] | {"sequence": event["sequence"]}
        for name in otherwise(event, expected):
            text = f"{name} is {event.get(name)!r}, not {expected.get(name)!r}"
            yield Finding(invariant="I4", kind="wrong", text=text, **where)
    for said, event in wanted.items():
        if not times[said]:
            text = f"{event['kind']} of {event['response_id']} is missing"
            yield Finding(invariant="I4", kind="lost", text=text, id=f"{said[0]}/{said[1]}")


def order(evidence: Evidence) -> Iterator[Finding]:
    """I6: per store, alert events follow the order of the input."""
    places = {_said(event): place for events in evidence.expected.alerts.values() for place, event in enumerate(events)}
    last: dict[bytes, int] = {}
    for told in _told(evidence):
        place = places.get(told.said) if told.said else None
        if place is None:
            continue
        if place < last.get(told.record.key, -1):
            yield Finding(invariant="I6", kind="wrong", text="an alert event out of order", **told.where)
        last[told.record.key] = place


def clocks(evidence: Evidence) -> Iterator[Finding]:
    """I14: by the last answer each clock that was due by then has fired, once."""
    lives = Lives()
    for record in evidence.reading.records(ALERTS):
        lives.take(_read(record.value))
    as_of_ms = max((record.timestamp for record in evidence.reading.records(RESPONSES)), default=0)
    for fault in lives.overdue(as_of_ms):
        yield Finding(invariant="I14", kind=fault.kind, text=fault.text, id=fault.event["alert_id"])


def audits(evidence: Evidence) -> Iterator[Finding]:
    """I13: one audit record for each order to forget that changed something."""
    times: Counter[str] = Counter()
    for record in evidence.reading.records(AUDIT):
        audit_id = record.key.decode()
        audit, wanted = _read(record.value), evidence.expected.audits.get(audit_id)
        times[audit_id] += 1
        where = {"partition": record.partition, "offset": record.offset, "id": audit_id}
        if wanted is None or times[audit_id] > 1:
            yield Finding(invariant="I13", kind="double", text="an audit record too many", **where)
            continue
        for name in unequal(audit, wanted):
            text = f"{name} is {audit.get(name)!r}, not {wanted.get(name)!r}"
            yield Finding(invariant="I13", kind="wrong", text=text, **where)
        if record.partition != home(audit_id, evidence.deployment.partitions):
            yield Finding(invariant="I13", kind="wrong", text="an audit record in a wrong partition", **where)
    for audit_id, audit in evidence.expected.audits.items():
        if not times[audit_id]:
            where = {"partition": audit["partition"], "offset": audit["offset"], "id": audit_id}
            yield Finding(invariant="I13", kind="lost", text="no audit record of an order to forget", **where)


@dataclass(frozen=True, slots=True)
class _Told:
    """A record of the topic of alerts, read in order."""

    record: Any
    event: dict[str, Any]
    said: Said | None
    faults: list[Fault]

    @property
    def where(self) -> dict[str, Any]:
        name = f"{self.event['alert_id']}/{self.event['sequence']}"
        return {"partition": self.record.partition, "offset": self.record.offset, "id": name}


def _told(evidence: Evidence) -> Iterator[_Told]:
    lives = Lives()
    for record in evidence.reading.records(ALERTS):
        event = _read(record.value)
        known = len(lives.faults)
        said = lives.take(event)
        yield _Told(record, event, said, lives.faults[known:])


def _said(event: dict[str, Any]) -> Said:
    return event["alert_id"], event["sequence"]


def _read(value: bytes) -> dict[str, Any]:
    """A document with its instants in ms."""
    return with_instants(json.loads(value))
