"""A story: all that happens in one run, as data. It comes from one seed, and anything can be left out of it.

A few answers of a few customers at a few stores, repeated, corrected, unusable, in the wrong partition; one or two
workers; and what befalls them. Only latencies are drawn while a story runs, from its own seed.

Short ones, and more of them: longer ones found no mutant sooner.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid5

import orjson

from streams.engine.partition import partition_of
from tests.simulation.mishaps import Event, mishaps
from tests.simulation.network import Fault

BRANDS = {"Nord": ("Lyon", "Metz", "Nice"), "Sud": ("Brest", "Caen")}
RESPONSES = "survey.responses"
ACTIONS = "followup.actions"
_NAMESPACE = UUID("6f2a4f0e-6c5b-5d0e-9a53-2f4c1f7b8e21")
_ACTS = ("acknowledged", "contacted", "acknowledged", "noted")
"""What people do does not end a case: which alerts are attached to it follows from the responses alone."""
_EVENTS = (
    *("created", "created", "updated", "updated", "updated", "finished", "deleted", "excluded", "restored"),
    *("restored", "forget_identity", "forget_all"),
)
_UNUSABLE = (b"", b"{", b"\xff", b'{"brand": "Nord"}', b"[]")
_LATE_S = (2.0, 60.0, 7_200.0, 3 * 86_400.0, 8 * 86_400.0)
_REFUSED_S = (-400.0, 401 * 86_400.0)
_MIDDAY_S, _BEFORE_HOUR_S, _BEFORE_DAY_S = 1_794_830_730.0, 1_794_833_997.0, 1_794_873_597.0
"""2026-11-16 12:05:30 UTC, three seconds before 13:00 and three before midnight."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A record to send; `bundle` names the foreign transaction that it is part of, 0 for none."""

    at_s: float
    partition: int
    key: bytes | None
    value: bytes | None
    bundle: int = 0
    topic: str = RESPONSES


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One run. `slots` are the workers at the start; whoever dies is started again."""

    seed: int
    starts_at_s: float
    partitions: int
    slots: int
    records: tuple[Sent, ...]
    events: tuple[Event, ...] = ()
    faults: tuple[Fault, ...] = ()
    aborted: frozenset[int] = frozenset()
    """The foreign transactions of the input that are aborted in the end."""

    @property
    def ends_s(self) -> float:
        """When the last of it has begun."""
        return max([0.0, *(one.at_s for one in self.records), *(one.at_s + one.seconds for one in self.events)])


def story(seed: int) -> Story:
    """The story of a seed."""
    chance = Random(seed)
    starts_at_s = chance.choices([_MIDDAY_S, _BEFORE_HOUR_S, _BEFORE_DAY_S], [8, 1, 1])[0]
    partitions = chance.choice([1, 2, 2])
    records = answers(chance, chance.randint(3, 10), partitions, starts_at_s)
    records, aborted = _bundled(chance, records)
    records += acts(records, starts_at_s)
    slots, events, faults = mishaps(chance, partitions)
    return Story(
        seed=seed,
        starts_at_s=starts_at_s,
        partitions=partitions,
        slots=slots,
        records=records,
        events=events,
        faults=faults,
        aborted=aborted,
    )


def answers(chance: Random, count: int, partitions: int, starts_at_s: float) -> tuple[Sent, ...]:
    """So many records within a second: of every kind that a shard can meet with."""
    sent = []
    known: list[dict[str, object]] = []
    times = sorted(chance.uniform(0.05, 1.0) for _ in range(count))
    for number, at_s in enumerate(times):
        if chance.random() < 0.08:
            sent.append(Sent(at_s, chance.randrange(partitions), b"?", chance.choice(_UNUSABLE)))
            continue
        again = bool(known) and chance.random() < 0.3
        document = _again(chance, chance.choice(known)) if again else _first(chance, number, starts_at_s + at_s)
        if not again:
            known.append(document)
        key = f"{document['brand']}|{document['store']}".encode()
        home = partition_of(key, partitions)
        partition = chance.randrange(partitions) if chance.random() < 0.15 else home
        sent.append(Sent(at_s, partition, key, orjson.dumps(document)))
    return tuple(sent)


def acts(records: tuple[Sent, ...], starts_at_s: float) -> tuple[Sent, ...]:
    """What people do about half of the answers, a little later, each thing twice; there may be no alert, or not yet."""
    done = []
    for number, sent in enumerate(records):
        document = orjson.loads(sent.value) if sent.value and sent.value[:2] == b'{"' else {}
        if number % 2 or "response_id" not in document or document.get("event") or sent.bundle:
            continue
        at_s = sent.at_s + 0.1 * (number % 7)
        action = _ACTS[number // 2 % len(_ACTS)]
        more = {"contacted": {"channel": "call"}, "noted": {"note": "n"}}.get(action, {})
        act = {
            "action_id": f"a{number}",
            "alert_id": _alert_id(document),
            "action": action,
            "at": datetime.fromtimestamp(starts_at_s + at_s, UTC).isoformat(timespec="milliseconds"),
            "actor": "p",
            **{name: document[name] for name in ("brand", "store")},
            **more,
        }
        # In the partition to which the answer was sent, which may be a wrong one.
        done += [Sent(at_s + later_s, sent.partition, sent.key, orjson.dumps(act), 0, ACTIONS) for later_s in (0, 0.4)]
    return tuple(done)


def _alert_id(document: dict[str, str]) -> str:
    day = datetime.fromisoformat(document["submitted_at"]).astimezone(UTC).date().isoformat()
    return str(
        uuid5(_NAMESPACE, "|".join((document["brand"], document["store"], day, "", "0", document["response_id"])))
    )


def _first(chance: Random, number: int, now_s: float) -> dict[str, object]:
    brand = chance.choice([*BRANDS])
    age_s = chance.choice(_REFUSED_S) if chance.random() < 0.04 else chance.choice(_LATE_S) * chance.random()
    document: dict[str, object] = {
        "response_id": f"r{number}",
        "brand": brand,
        "store": chance.choice(BRANDS[brand]),
        "submitted_at": datetime.fromtimestamp(round(now_s - age_s, 3), UTC).isoformat(timespec="milliseconds"),
        "score": chance.choice([0, 2, 3, 5, 6, 7, 8, 9, 10]),
    }
    if number % 2:
        document["customer_ref"] = f"c{number % 3}"
    if chance.random() < 0.3:
        document["version"] = 1
    if chance.random() < 0.2:
        document["comment"] = "slow"
    if chance.random() < 0.05:
        document["imported"] = True
    if chance.random() < 0.04:
        document["score"] = 11
    return document


def _again(chance: Random, first: dict[str, object]) -> dict[str, object]:
    event = chance.choice(_EVENTS)
    document = {**first, "event": event, "score": chance.randrange(11)}
    if "version" in first:
        document["version"] = chance.randint(1, 4)
    return document


def _bundled(chance: Random, records: tuple[Sent, ...]) -> tuple[tuple[Sent, ...], frozenset[int]]:
    """Some of the records as transactions of somebody else's, some of which are aborted."""
    if chance.random() > 0.25:
        return records, frozenset()
    first = chance.randrange(len(records))
    last = min(len(records), first + chance.randint(1, 5))
    bundled = tuple(
        Sent(one.at_s, one.partition, one.key, one.value, 1) if first <= at < last and chance.random() < 0.7 else one
        for at, one in enumerate(records)
    )
    return bundled, frozenset({1}) if chance.random() < 0.5 else frozenset()
