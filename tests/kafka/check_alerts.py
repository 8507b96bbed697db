"""What was said of alerts and of persons forgotten, held against the recount: every difference is a line of text."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from chaos.rules.lives import Lives, with_instants
from chaos.rules.near import unequal
from chaos.rules.place import home
from chaos.rules.recount import Recount
from streams.topology import ALERTS, AUDIT, RESPONSES
from tests.kafka.log import Log


def wrong_alerts(log: Log, expected: Recount) -> Iterator[str]:
    """Alert events that miss, are there twice or more, out of order, say something else, or are nobody's.

    Events of clocks and of people may come in between: these are only seen to be numbered with the others, and to come
    where they may.
    """
    lives = Lives()
    found: dict[tuple[str, str], dict[tuple[str, int], dict[str, Any]]] = {}
    for record in log.records(ALERTS):
        event = read_event(record)
        store = event["brand"], event["store"]
        if record.key != "|".join(store).encode():
            yield f"alert {event['alert_id']} has key {record.key!r}"
        name = lives.take(event)
        if name is not None:
            found.setdefault(store, {})[name] = {**event, "sequence": name[1]}
    yield from map(str, lives.faults)
    for store in found.keys() | expected.alerts.keys():
        yield from _wrong_events(found.get(store, {}), expected.alerts.get(store, []))


def _wrong_events(found: dict[tuple[str, int], dict[str, Any]], wanted: list[dict[str, Any]]) -> Iterator[str]:
    """The events of a store. Each is known by its alert and its number there; their order is that of the answers."""
    by_name = {(event["alert_id"], event["sequence"]): event for event in wanted}
    assert len(by_name) == len(wanted)
    yield from (f"{name} is missing: {by_name[name]['kind']}" for name in by_name.keys() - found.keys())
    yield from (f"{name} is there for nothing: {found[name]['kind']}" for name in found.keys() - by_name.keys())
    if found.keys() == by_name.keys() and [*found] != [*by_name]:
        yield f"the alert events of {wanted[0]['brand']!r}, {wanted[0]['store']!r} are out of order"
    for name, event in found.items():
        expected = by_name.get(name, event)
        for field in unequal(event, expected):
            yield f"{name}: {field} is {event.get(field)!r}, not {expected.get(field)!r}"


def overdue(log: Log) -> Iterator[str]:
    """The clocks that were due when the last answer came, and have not fired."""
    lives = Lives()
    for record in log.records(ALERTS):
        lives.take(read_event(record))
    as_of_ms = max((record.timestamp for record in log.records(RESPONSES)), default=0)
    yield from map(str, lives.overdue(as_of_ms))


def wrong_audits(log: Log, expected: Recount) -> Iterator[str]:
    """Audit records that miss, are there twice or more, say something else or stand elsewhere, or are nobody's."""
    times = Counter(record.key.decode() for record in log.records(AUDIT))
    yield from (f"audit {each} is there {times[each]} times, not once" for each in expected.audits if times[each] != 1)
    yield from (
        f"audit {each} is there {n} times for nothing" for each, n in times.items() if each not in expected.audits
    )
    for record in log.records(AUDIT):
        audit = read_event(record)
        wanted = expected.audits.get(record.key.decode(), audit)
        for name in unequal(audit, wanted):
            yield f"audit {record.key!r}: {name} is {audit.get(name)!r}, not {wanted.get(name)!r}"
        if record.partition != home(record.key.decode(), expected.partitions):
            yield f"audit {record.key!r} is in partition {record.partition}"


def read_event(record: Any) -> dict[str, Any]:
    """The document of a record with its instants in ms."""
    return with_instants(json.loads(record.value))
