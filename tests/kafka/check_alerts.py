"""What was said of alerts and of persons forgotten, held against the recount: every difference is a line of text."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from chaos.rules.near import in_ms, unequal
from chaos.rules.recount import Recount, home
from streams.topology import ALERTS, AUDIT
from tests.kafka.log import Log

_INSTANTS = ("submitted_at", "due_at", "at")


def wrong_alerts(log: Log, expected: Recount) -> Iterator[str]:
    """Alert events that miss, are there twice or more, out of order, say something else, or are nobody's."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for record in log.records(ALERTS):
        event = _read(record.value)
        found.setdefault((event["brand"], event["store"]), []).append(event)
        if record.key != f"{event['brand']}|{event['store']}".encode():
            yield f"alert {_name(event)} has key {record.key!r}"
    for store in found.keys() | expected.alerts.keys():
        yield from _wrong_events(found.get(store, []), expected.alerts.get(store, []))


def _wrong_events(found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> Iterator[str]:
    """The events of a store. Each is known by its alert and its number there; their order is that of the answers."""
    times, by_name = Counter(map(_name, found)), {_name(event): event for event in wanted}
    assert len(by_name) == len(wanted)
    yield from (f"{name} is there {times[name]} times, not once" for name in by_name if times[name] != 1)
    yield from (f"{name} is there {n} times for nothing" for name, n in times.items() if name not in by_name)
    if times.keys() == by_name.keys() and [*map(_name, found)] != [*by_name]:
        yield f"the alert events of {wanted[0]['brand']!r}, {wanted[0]['store']!r} are out of order"
    for event in found:
        expected = by_name.get(_name(event), event)
        for name in unequal(event, expected):
            yield f"{_name(event)}: {name} is {event.get(name)!r}, not {expected.get(name)!r}"


def wrong_audits(log: Log, expected: Recount) -> Iterator[str]:
    """Audit records that miss, are there twice or more, say something else or stand elsewhere, or are nobody's."""
    times = Counter(record.key.decode() for record in log.records(AUDIT))
    yield from (f"audit {each} is there {times[each]} times, not once" for each in expected.audits if times[each] != 1)
    yield from (
        f"audit {each} is there {n} times for nothing" for each, n in times.items() if each not in expected.audits
    )
    for record in log.records(AUDIT):
        audit = _read(record.value)
        wanted = expected.audits.get(record.key.decode(), audit)
        for name in unequal(audit, wanted):
            yield f"audit {record.key!r}: {name} is {audit.get(name)!r}, not {wanted.get(name)!r}"
        if record.partition != home(record.key.decode(), expected.partitions):
            yield f"audit {record.key!r} is in partition {record.partition}"


def _name(event: dict[str, Any]) -> tuple[str, int]:
    return event["alert_id"], event["sequence"]


def _read(value: bytes) -> dict[str, Any]:
    """A document with its instants in ms."""
    document: dict[str, Any] = json.loads(value)
    return {name: in_ms(field) if name in _INSTANTS else field for name, field in document.items()}
