"""I4, I6 and I13: what was said of alerts and of persons forgotten, each once, in order, and nothing else."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from chaos.deployment import ALERTS, AUDIT
from chaos.invariants.evidence import Evidence, Finding
from chaos.rules.near import in_ms, otherwise, unequal
from chaos.rules.recount import home

Said = tuple[str, int]
"""What tells one event of an alert from all others: the alert's id, and the event's number there."""
_KINDS = ("raised", "enriched", "retracted")
_INSTANTS = ("submitted_at", "due_at", "at")


def alerts(evidence: Evidence) -> Iterator[Finding]:
    """I4: each event of each alert is there once, says what it must, and none is there for nothing."""
    wanted = {_said(event): event for events in evidence.expected.alerts.values() for event in events}
    times: Counter[Said] = Counter()
    for record, event in _modelled(evidence):
        said = _said(event)
        times[said] += 1
        where = {"partition": record.partition, "offset": record.offset, "id": f"{said[0]}/{said[1]}"}
        if said not in wanted:
            yield Finding(invariant="I4", kind="double", text=f"{event['kind']} for nothing", **where)
            continue
        if times[said] > 1:
            yield Finding(invariant="I4", kind="double", text=f"there {times[said]} times", **where)
        if record.key != f"{event['brand']}|{event['store']}".encode():
            yield Finding(invariant="I4", kind="wrong", text=f"its key is {record.key!r}", **where)
        for name in otherwise(event, wanted[said]):
            text = f"{name} is {event.get(name)!r}, not {wanted[said].get(name)!r}"
            yield Finding(invariant="I4", kind="wrong", text=text, **where)
    for said, event in wanted.items():
        if not times[said]:
            text = f"{event['kind']} of {event['response_id']} is missing"
            yield Finding(invariant="I4", kind="lost", text=text, id=f"{said[0]}/{said[1]}")


def order(evidence: Evidence) -> Iterator[Finding]:
    """I6: per store, alert events follow the order of the input."""
    found: dict[tuple[str, str], list[tuple[Said, Any]]] = {}
    for record, event in _modelled(evidence):
        found.setdefault((event["brand"], event["store"]), []).append((_said(event), record))
    for store, events in found.items():
        places = {_said(event): place for place, event in enumerate(evidence.expected.alerts.get(store, []))}
        last = -1
        for said, record in events:
            place = places.get(said, last)
            if place < last:
                where = {"partition": record.partition, "offset": record.offset, "id": f"{said[0]}/{said[1]}"}
                yield Finding(invariant="I6", kind="wrong", text="an alert event out of order", **where)
            last = place


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


def _modelled(evidence: Evidence) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The alert events of the kinds that the rules know, numbered as if there were no others.

    Others take numbers, too; what comes after them in their alert counts as many less.
    """
    others: dict[str, set[int]] = {}
    for record in evidence.reading.records(ALERTS):
        event = _read(record.value)
        alert_id, number = event.get("alert_id", ""), event.get("sequence", 0)
        if event["kind"] not in _KINDS:
            others.setdefault(alert_id, set()).add(number)
            continue
        yield record, {**event, "sequence": number - sum(other < number for other in others.get(alert_id, ()))}


def _said(event: dict[str, Any]) -> Said:
    return event["alert_id"], event["sequence"]


def _read(value: bytes) -> dict[str, Any]:
    """A document with its instants in ms."""
    document: dict[str, Any] = json.loads(value)
    return {name: in_ms(field) if field and name in _INSTANTS else field for name, field in document.items()}
