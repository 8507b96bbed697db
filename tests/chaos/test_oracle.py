"""The oracle finds nothing in a perfect world, and names what is wrong with any other."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chaos.deployment import ALERTS, AUDIT, DEAD_LETTERS, RESPONSES, SCORES, SOURCES, STATE, TOPICS, Deployment
from chaos.invariants.evidence import Evidence, expected_of
from chaos.ledger import Entry, sha256
from chaos.load import Load
from chaos.malformed import instant
from chaos.oracle import verdict
from chaos.reading import MARKER_KEY, Reading
from chaos.rules.desk import Desk
from chaos.rules.lives import CLOCKS_MS
from chaos.rules.place import home

START_MS = 1_790_000_000_000
PARTITIONS = 4
WITHOUT_STRAYS = replace(Load(1, START_MS).shape, stray=0.0)
Change = Callable[[dict[str, list[Any]]], None]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as a consumer gives it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp: int = START_MS


@pytest.fixture(scope="module")
def world() -> Evidence:
    """What a deployment that keeps its promises leaves behind: written from the recount."""
    reading = Reading(Deployment(brokers="", app_id="a", partitions=PARTITIONS), TOPICS, None, None)
    topics = reading.everything()
    entries = {}
    ends = [0] * PARTITIONS
    for planned in Load(1, START_MS, WITHOUT_STRAYS).records(1_200):
        at = planned.partition
        arrival = START_MS + planned.at_ms
        topics[RESPONSES].append(Record(at, ends[at], planned.key, planned.value, planned.headers, arrival))
        digest = sha256(planned.key, planned.value)
        entries[planned.number] = Entry(planned.number, planned.intended, at, digest, "acked", ends[at])
        ends[at] += 1
    expected = expected_of(reading)
    topics[ALERTS] += _numbered(
        (home(f"{brand}|{store}", PARTITIONS), f"{brand}|{store}", _told(event))
        for (brand, store), events in expected.alerts.items()
        for event in [*events, *_of_clocks(expected.desks[brand, store])]
    )
    topics[AUDIT] += _numbered((home(name, PARTITIONS), name, _said(audit)) for name, audit in expected.audits.items())
    as_of = START_MS + 60_000
    for brand, store in expected.subjects():
        name = brand if store is None else f"{brand}|{store}"
        windows = expected.windows(brand, store, as_of)
        document = {"brand": brand, "store": store, "as_of": instant(as_of), "windows": windows}
        topics[SCORES] += _numbered([(0, name, document)])
    sources = {(record.partition, record.offset): record for record in topics[RESPONSES]}
    for where, reason in expected.dead.items():
        topics[DEAD_LETTERS].append(_letter(sources[where], reason))
    for shard, end in enumerate(ends):
        positions = {topic: {"position": 0, "totals": {}} for topic in SOURCES}
        positions[RESPONSES] = {"position": end, "totals": dict(expected.dispositions[shard])}
        value = b"\x01" + json.dumps({"sources": positions}).encode()
        topics[STATE].append(Record(shard, 0, b"m", value))
    offsets = {f"{RESPONSES}|{shard}": end for shard, end in enumerate(ends)}
    return Evidence(reading=reading, expected=expected, offsets=offsets, entries=entries)


def _of_clocks(desk: Desk) -> Iterator[dict[str, Any]]:
    """What the clocks of a store's cases say that were due before the first answer came."""
    for case in desk.cases.values():
        if not case.is_active or case.lead is not None:
            continue
        due = {level: case.at_ms + after_ms for level, after_ms in CLOCKS_MS.items() if level != "acknowledge"}
        if case.urgency == 1:
            first_ms = min(one.at_ms for one in case.alerts if one.severity == 1)
            due["acknowledge"] = first_ms + CLOCKS_MS["acknowledge"]
        number = case.sequence
        for level, due_ms in due.items():
            if due_ms > START_MS:
                continue
            number += 1
            yield {
                "alert_id": case.alert_id,
                "kind": "breached" if level == "breach" else "escalated",
                "sequence": number,
                "brand": desk.brand,
                "store": desk.store,
                "severity": f"P{case.urgency}",
                "submitted_at": case.at_ms,
                "case_id": case.alert_id,
                "status": "open",
                "held": case.held,
                "at": due_ms,
                "action": None,
                "escalation": {"level": level, "due_at": instant(due_ms)},
            }


def _letter(source: Record, reason: str) -> Record:
    added = {
        "topic": RESPONSES,
        "partition": str(source.partition),
        "offset": str(source.offset),
        "exception": "Rejected",
        "message": reason,
        "stacktrace": "",
    }
    headers = [(f"__streams.errors.{name}", value.encode()) for name, value in added.items()]
    return replace(source, headers=(*source.headers, *headers, ("nps.dlq.reason", reason.encode())))


def _numbered(documents: Any) -> Iterator[Record]:
    for offset, (partition, key, document) in enumerate(documents):
        yield Record(partition, offset, key.encode(), json.dumps(document).encode())


def _told(document: dict[str, Any]) -> dict[str, Any]:
    instants = ("submitted_at", "due_at", "at")
    told = {name: instant(value) if name in instants else value for name, value in document.items()}
    return told | {"alerts": [_told(listed) for listed in document.get("alerts", [])]}


def _said(document: dict[str, Any]) -> dict[str, Any]:
    return {**document, "at": instant(document["at"])}


def _altered(topic: str, what: Callable[[Any], Any]) -> Change:
    def change(topics: dict[str, list[Any]]) -> None:
        topics[topic][5] = replace(topics[topic][5], value=what(topics[topic][5].value))

    return change


def _recounted(by: int) -> Change:
    def change(topics: dict[str, list[Any]]) -> None:
        row = topics[STATE][0]
        document = json.loads(row.value[1:])
        document["sources"][RESPONSES]["totals"]["counted"] += by
        topics[STATE][0] = replace(row, value=b"\x01" + json.dumps(document).encode())

    return change


def _last_breach(topics: dict[str, list[Any]]) -> tuple[int, dict[str, Any]]:
    """The last event of a clock that nothing comes after in its alert, and where it is."""
    at = next(at for at in reversed(range(len(topics[ALERTS]))) if b'"breached"' in topics[ALERTS][at].value)
    return at, json.loads(topics[ALERTS][at].value)


def _without_a_breach(topics: dict[str, list[Any]]) -> None:
    at, event = _last_breach(topics)
    topics[ALERTS][at:] = [
        record for record in topics[ALERTS][at:] if json.loads(record.value)["alert_id"] != event["alert_id"]
    ]


def _breached_twice(topics: dict[str, list[Any]]) -> None:
    at, event = _last_breach(topics)
    topics[ALERTS].append(_numbered_again(topics, topics[ALERTS][at], event))


def _breached_early(topics: dict[str, list[Any]]) -> None:
    at, event = _last_breach(topics)
    value = json.dumps({**event, "at": instant(START_MS - 1)}).encode()
    topics[ALERTS][at] = replace(topics[ALERTS][at], value=value)


def _numbered_again(topics: dict[str, list[Any]], record: Any, event: dict[str, Any]) -> Any:
    """The same event under a number of its own, behind all others of its alert."""
    numbers = [json.loads(each.value) for each in topics[ALERTS]]
    last = max(each["sequence"] for each in numbers if each["alert_id"] == event["alert_id"])
    return replace(record, value=json.dumps({**event, "sequence": last + 1}).encode())


def test_a_perfect_world_is_held_to_be_one(world: Evidence) -> None:
    """Alerts, dead letters and orders to forget in it included."""
    found = verdict(world)
    assert found["held"], found
    assert all(world.reading.records(topic) for topic in (ALERTS, DEAD_LETTERS, AUDIT))


@pytest.mark.parametrize(
    ("invariant", "kind", "change"),
    [
        ("I1", "lost", _recounted(-1)),
        ("I1", "double", _recounted(1)),
        ("I2", "double", _altered(SCORES, lambda value: value.replace(b'"histogram": [', b'"histogram": [1', 6))),
        ("I3", "lost", lambda topics: topics[SCORES].pop(5)),
        ("I3", "wrong", _altered(SCORES, lambda value: value.replace(b'"n": ', b'"n": 1', 1))),
        ("I4", "lost", lambda topics: topics[ALERTS].pop(5)),
        ("I4", "double", lambda topics: topics[ALERTS].append(topics[ALERTS][5])),
        ("I4", "wrong", _altered(ALERTS, lambda value: value.replace(b'"schema_version": 1', b'"schema_version": 2'))),
        ("I5", "lost", lambda topics: topics[DEAD_LETTERS].pop(5)),
        ("I5", "double", lambda topics: topics[DEAD_LETTERS].append(topics[DEAD_LETTERS][5])),
        ("I5", "wrong", _altered(DEAD_LETTERS, lambda value: (value or b"") + b" ")),
        ("I6", "wrong", lambda topics: topics[ALERTS].sort(key=lambda record: -record.offset)),
        ("I10", "wrong", _altered(SCORES, lambda value: value[:-1] + b', "x": "canary-1"}')),
        ("I13", "lost", lambda topics: topics[AUDIT].pop(5)),
        ("I13", "double", lambda topics: topics[AUDIT].append(topics[AUDIT][5])),
        ("I14", "lost", _without_a_breach),
        ("I4", "double", _breached_twice),
        ("I4", "wrong", _breached_early),
    ],
)
def test_what_is_wrong_is_named(world: Evidence, invariant: str, kind: str, change: Change) -> None:
    """By its invariant, with the first example and where it stands."""
    reading = Reading(world.deployment, TOPICS, None, None)
    for topic, records in world.reading.everything().items():
        reading.everything()[topic] += records
    change(reading.everything())
    found = verdict(replace(world, reading=reading))
    assert not found["held"]
    assert kind == found["invariants"][invariant]["first"]["kind"], found


def test_a_record_that_was_acknowledged_and_is_gone_is_missed(world: Evidence) -> None:
    """I7: the ledger knows of it, the topic does not; and one that nobody sent is noticed."""
    reading = Reading(world.deployment, TOPICS, None, None)
    reading.everything()[RESPONSES] += world.reading.records(RESPONSES)[1:]
    found = verdict(replace(world, reading=reading, expected=expected_of(reading)))
    assert "lost" == found["invariants"]["I7"]["first"]["kind"]
    entries = {number: entry for number, entry in world.entries.items() if number != 7}
    found = verdict(replace(world, entries=entries))
    assert "a record that was never sent" == found["invariants"]["I7"]["first"]["text"]


def test_a_group_that_runs_ahead_or_goes_back_is_noticed(world: Evidence) -> None:
    """I6: offsets beyond the marker, and offsets that were once further."""
    ahead = replace(world, offsets={**world.offsets, f"{RESPONSES}|1": world.offsets[f"{RESPONSES}|1"] + 1})
    assert "I6" == verdict(ahead)["invariants"]["I6"]["first"]["invariant"]
    probes = [{"at_s": 0, "offsets": {f"{RESPONSES}|1": 10_000}, "positions": {f"{RESPONSES}|1": 10_000}}]
    assert "went back" in verdict(replace(world, probes=probes))["invariants"]["I6"]["first"]["text"]


@pytest.mark.parametrize(("seconds", "held"), [(1, True), (-1, False)])
def test_a_marker_that_a_probe_saw_late_is_told_by_its_append_time(world: Evidence, seconds: int, held: bool) -> None:
    """I6: the group may know of a commit before a reader in read_committed does, but not before the marker is there."""
    source = f"{RESPONSES}|1"
    position = world.offsets[source]
    markers = (record for record in world.reading.records(STATE) if record.key == MARKER_KEY and record.partition == 1)
    appended_s = next(record.timestamp for record in markers if _position(record, world) == position) / 1000
    probe = {"at_s": appended_s + seconds, "offsets": {source: position}, "positions": {source: 0}}
    assert held == verdict(replace(world, probes=[probe]))["invariants"]["I6"]["held"]


def _position(marker: Any, world: Evidence) -> int:
    position: int = json.loads(marker.value[1:])["sources"][world.deployment.topic(RESPONSES)]["position"]
    return position


def test_a_partition_that_stands_still_is_noticed(world: Evidence) -> None:
    """I12: records left, no progress for half a minute, and no fault that would explain it."""
    seen = {"offsets": {}, "positions": {f"{RESPONSES}|1": 3}, "ends": {f"{RESPONSES}|1": 9}}
    probes = [{**seen, "at_s": 1.5 * number, "fault": False} for number in range(22)]
    assert 3 == verdict(replace(world, probes=probes))["invariants"]["I12"]["first"]["offset"]
    seldom = [probe for probe in probes if probe["at_s"] in (0.0, 31.5)]
    assert verdict(replace(world, probes=seldom))["invariants"]["I12"]["held"]
    probes[10]["fault"] = True
    assert verdict(replace(world, probes=probes))["invariants"]["I12"]["held"]


@pytest.mark.parametrize(("sequence", "held"), [(3, True), (4, False)])
def test_what_a_later_release_says_beside_is_let_through(world: Evidence, sequence: int, held: bool) -> None:
    """Alert events of other kinds, which take numbers, and other fields; what the rules know is held to them still."""
    reading = Reading(world.deployment, TOPICS, None, None)
    for topic, records in world.reading.everything().items():
        reading.everything()[topic] += records
    alerts = reading.everything()[ALERTS]
    first, second = _raised_and_more(alerts)
    between = {**json.loads(first.value), "kind": "acknowledged", "sequence": 2, "by": "somebody"}
    moved = {**json.loads(second.value), "sequence": sequence, "team": "north"}
    where = alerts.index(second)
    alerts[where : where + 1] = [replace(second, value=json.dumps(each).encode()) for each in (between, moved)]
    assert held == verdict(replace(world, reading=reading))["held"]


def _raised_and_more(records: list[Any]) -> tuple[Any, Any]:
    """An alert's first and second event."""
    by_alert: dict[str, list[Any]] = {}
    for record in records:
        by_alert.setdefault(json.loads(record.value)["alert_id"], []).append(record)
    first, second = next(found for found in by_alert.values() if len(found) == 2)
    return first, second
