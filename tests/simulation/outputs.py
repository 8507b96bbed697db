"""Invariants of what subscribers see: alerts, dead letters, re-homed records, scores, and what was counted.

Each is a function from the evidence of a run to complaints. Where a commit writes something, it must be exactly what
the records between its marker and the one before come to, in order: once, in one transaction.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import orjson

from chaos.rules.lives import Lives, with_instants
from tests.simulation.evidence import ACTIONS, ACTIONS_DEAD, ALERTS, AUDIT, DEAD_LETTERS, RESPONSES, SCORES, Evidence
from tests.simulation.expected import AlertEvent, Fate
from tests.simulation.truth import Seen

_ERRORS = "__streams.errors."
_COUNTS = ("n", "promoters", "passives", "detractors", "histogram")


def alerts(evidence: Evidence) -> Iterator[str]:
    """A read_committed subscriber sees each event that a record brought once, in the order of the input.

    Events of clocks come in between; all events of an alert are numbered without a gap.
    """
    lives = Lives()
    told = {(seen.partition, seen.offset): _alert_event(lives, seen) for seen in evidence.truth.records(ALERTS)}
    yield from map(str, lives.faults)
    brought = {place: event for place, event in told.items() if event is not None}
    yield from _each_once(
        evidence,
        ALERTS,
        lambda seen: brought[seen.partition, seen.offset],
        lambda fate: list(fate.alerts),
        of_interest=lambda seen: (seen.partition, seen.offset) in brought,
    )


def actions(evidence: Evidence) -> Iterator[str]:
    """What people did ends as one thing, once: an event, a dead letter, a repetition, or sent on."""
    told = Counter[tuple[str, str]]()
    for seen in evidence.truth.records(ALERTS):
        event = orjson.loads(seen.value or b"")
        if event["action"] is not None:
            told[event["alert_id"], event["action"]["action_id"]] += 1
    letters = Counter(_dead_letter(seen) for seen in evidence.truth.records(ACTIONS_DEAD))
    copies = Counter(dict(seen.headers).get("nps.rehomed-from") for seen in evidence.truth.records(ACTIONS))
    del copies[None]
    yield from (f"{name!r} is there {n} times" for name, n in (told + letters + copies).items() if n > 1)
    if not evidence.world.finished:
        return
    records = Counter(seen.partition for seen in evidence.truth.records(ACTIONS))
    ended = Counter[str]()
    for shard, commits in evidence.truth.commits.items():
        totals = Counter(commits[-1].marker["sources"][ACTIONS]["totals"] if commits else {})
        ended += totals
        if totals.total() != records[shard]:
            yield f"shard {shard}: {totals.total()} actions ended, of {records[shard]}"
    found = {"counted": told.total(), "dead_letter": letters.total(), "rehomed": copies.total()}
    yield from (f"{found[name]} are {name}, not {ended[name]}" for name in found if found[name] != ended[name])


def clocks(evidence: Evidence) -> Iterator[str]:
    """Each clock that was due when the last record came has fired once all is done."""
    if not evidence.world.finished:
        return
    lives = Lives()
    for seen in evidence.truth.records(ALERTS):
        lives.take(with_instants(orjson.loads(seen.value or b"")))
    as_of_ms = max((seen.timestamp for seen in evidence.truth.records(RESPONSES)), default=0)
    yield from map(str, lives.overdue(as_of_ms))


def dead_letters(evidence: Evidence) -> Iterator[str]:
    """Each record that cannot be used is a dead letter once, with the reason of the rules."""
    return _each_once(
        evidence,
        DEAD_LETTERS,
        _dead_letter,
        lambda fate: [(fate.partition, fate.offset, fate.reason)] if fate.reason else [],
    )


def rehomed(evidence: Evidence) -> Iterator[str]:
    """Each record in a wrong partition is sent to the right one once."""
    return _each_once(
        evidence,
        RESPONSES,
        lambda seen: (seen.partition, dict(seen.headers).get("nps.rehomed-from", b"?")),
        lambda fate: [(fate.home, f"{RESPONSES}|{fate.partition}|{fate.offset}".encode())] if fate.home >= 0 else [],
        of_interest=lambda seen: "nps.rehomed-from" in dict(seen.headers),
    )


def audits(evidence: Evidence) -> Iterator[str]:
    """Each order to forget that changed something is written down once."""
    return _each_once(evidence, AUDIT, lambda seen: (seen.key or b"").decode(), lambda fate: list(fate.audits))


def counted_once(evidence: Evidence) -> Iterator[str]:
    """Every record has ended as exactly one of the five, and the last marker of each shard says so."""
    for shard, commits in evidence.truth.commits.items():
        wanted = evidence.expected.recount.dispositions[shard]
        totals = commits[-1].marker["sources"][RESPONSES]["totals"] if commits else {}
        found = {disposition: n for disposition, n in totals.items() if n}
        if evidence.world.finished and found != wanted:
            yield f"shard {shard}: {found}, not {dict(wanted)}"


def scores(evidence: Evidence) -> Iterator[str]:
    """The last score of each key is right as of its own instant; without answers there is none, or one that says so.

    A brand whose answers were all taken out before they were handed over is never heard of; a store of which there are
    only marks is published with nothing in it by whoever restores it.
    """
    if not evidence.world.finished:
        return
    recount = evidence.expected.recount
    last = evidence.truth.latest(SCORES)
    for brand, store in sorted(recount.subjects(), key=str):
        key = (brand if store is None else f"{brand}|{store}").encode()
        seen = last.pop(key, None)
        if seen is None:
            if recount.windows(brand, store, 0)["all"]["n"]:
                yield f"{key!r} has no score"
            continue
        assert seen.value is not None
        score = orjson.loads(seen.value)
        as_of_ms = round(datetime.fromisoformat(score["as_of"]).timestamp() * 1000)
        for window, wanted in recount.windows(brand, store, as_of_ms).items():
            found = score["windows"][window]
            for name in _COUNTS:
                if name in found and found[name] != wanted[name]:
                    yield f"{key!r} {window} as of {score['as_of']}: {name} is {found[name]}, not {wanted[name]}"
    yield from (f"{key!r} has a score and no answers" for key, seen in last.items() if _answers(seen))


def _answers(seen: Seen) -> int:
    assert seen.value is not None
    n: int = orjson.loads(seen.value)["windows"]["all"]["n"]
    return n


def _alert_event(lives: Lives, seen: Seen) -> AlertEvent | None:
    """What tells an event that a record brought from all others."""
    assert seen.value is not None
    event = with_instants(orjson.loads(seen.value))
    name = lives.take(event)
    return None if name is None else AlertEvent(name[0], event["kind"], name[1])


def _dead_letter(seen: Seen) -> tuple[int, int, str]:
    headers = {name: (value or b"").decode() for name, value in seen.headers}
    return int(headers[_ERRORS + "partition"]), int(headers[_ERRORS + "offset"]), headers["nps.dlq.reason"]


def _each_once(
    evidence: Evidence,
    topic: str,
    read: Callable[[Seen], Any],
    wanted_of: Callable[[Fate], list[Any]],
    of_interest: Callable[[Seen], bool] = lambda _: True,
) -> Iterator[str]:
    """Hold each commit against its records, and the topic as a whole against all records."""
    for commit, fates in evidence.spans():
        found = [read(seen) for seen in commit.written.get(topic, ()) if of_interest(seen)]
        wanted = [one for fate in fates for one in wanted_of(fate)]
        if sorted(found) != sorted(wanted) or (topic == ALERTS and found != wanted):
            yield f"the commit at {commit.offset} of shard {commit.shard} brought {found}, not {wanted}"
    if evidence.world.finished:
        all_found = Counter(read(seen) for seen in evidence.truth.records(topic) if of_interest(seen))
        all_wanted = Counter(one for fates in evidence.expected.fates.values() for f in fates for one in wanted_of(f))
        for one, n in ((all_found - all_wanted) + (all_wanted - all_found)).items():
            yield f"{one} is there {all_found[one]} times, not {all_wanted[one]} ({n} off)"
