"""Any history of a few responses, as Hypothesis draws it, and how a shard reads one."""

from dataclasses import replace

from hypothesis import strategies as st

from tests.agents.desk import NOW_MS, Desk
from tests.agents.facts import ANSWERS, BRAND, Happening
from tests.builders import FakeRecord, response

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
STORES = ("Lyon", "Lille", "Évry")
AGES_H = (0, 0, 0, 0, 1, 1, 5, 12, 23, 24, 24, 30, 2 * 24, 2 * 24, 6 * 24, 7 * 24, 29 * 24, 30 * 24, 300 * 24)
"""Hours between the submission of a response and the beginning of the history: prompt, late, nearly too old."""
GAPS_MS = (0, 0, 0, 0, 0, 1, 7_000, MINUTE_MS, HOUR_MS, HOUR_MS, HOUR_MS, 20 * HOUR_MS, 73 * HOUR_MS)
"""Between two arrivals."""
_LONG_MS = 15 * 24 * HOUR_MS
COMMENTS = ("Cold coffee", "Cold coffee, again", "My lawyer will hear of it", "")
CUSTOMERS = ("c-1", "c/2 é", "")
_CHANGES = ("updated",) * 8 + ("finished",) * 3 + ("excluded", "restored") * 4
_EVENTS = ("created",) * 3 + _CHANGES * 2 + ("deleted", "forget_identity", "forget_all")
"""Mostly what leaves a response alive."""
_SCORES = (*range(11), *(3,) * 8, 6, 7, 9)


@st.composite
def histories(draw: st.DrawFn, *, versioned: bool | None = None, repeats_differ: bool = True) -> list[Happening]:
    """Events of a few responses as they arrive: reordered, repeated, late, imported, with and without versions.

    A source has versions always or never. Where it has, each event has its own, and one that is repeated may say
    something else (`repeats_differ`): then the first to arrive counts. Some histories begin just before midnight.
    """
    start_ms = NOW_MS + draw(st.sampled_from([0, 12 * HOUR_MS - 2 * MINUTE_MS]))
    responses = [
        Happening(
            store=draw(st.sampled_from(STORES)),
            response_id=f"r-{number % 3}",
            source=source,
            submitted_ms=start_ms - draw(st.sampled_from(AGES_H)) * HOUR_MS - draw(st.integers(-299, 3_599)) * 1000,
            arrival_ms=0,
            event="created",
            version=0 if source == "versioned" else None,
        )
        for number in range(draw(st.sampled_from([1, 1, 2, 3, 4])))
        for source in [draw(_sources(versioned))]
    ]
    made = []
    for version in range(draw(st.integers(0, 26))):
        one = draw(st.sampled_from(_one_of_each(responses)))
        made.append(_event(draw, replace(one, version=None if one.version is None else version)))
    if not made:
        return []
    repeated = draw(st.lists(st.sampled_from(made), max_size=5))
    if repeats_differ:
        repeated = [_event(draw, one) if draw(st.booleans()) else one for one in repeated]
    return _arrivals(draw, start_ms, draw(st.permutations([*made, *repeated])))


def _sources(versioned: bool | None) -> st.SearchStrategy[str | None]:
    if versioned is None:
        return st.sampled_from([None, "till", "versioned"])
    return st.just("versioned" if versioned else None)


def _one_of_each(responses: list[Happening]) -> list[Happening]:
    """One submission per identity: it does not change between the events of a response."""
    return list({one.name: one for one in responses}.values())


def _event(draw: st.DrawFn, one: Happening) -> Happening:
    """Something happens to a response; answers and marks may say all that an answer may say."""
    event = draw(st.sampled_from(_EVENTS))
    return replace(
        one,
        event=event,
        score=draw(st.sampled_from(_SCORES)) if event in ANSWERS else None,
        comment=draw(st.sampled_from([None, None, None, *COMMENTS])),
        customer_ref=draw(st.sampled_from([None, None, None, *CUSTOMERS])),
        consent=draw(st.sampled_from([None, None, None, True, False])),
        requested=draw(st.sampled_from([None, None, None, True, False])),
        imported=draw(st.integers(0, 39)) == 39,
    )


def _arrivals(draw: st.DrawFn, at_ms: int, happened: list[Happening]) -> list[Happening]:
    """The same events with their append times, which never go back: a case is not left until it expires."""
    arrived = []
    start_ms = at_ms
    for one in happened:
        gap_ms = draw(st.sampled_from(GAPS_MS))
        at_ms += gap_ms if at_ms - start_ms < _LONG_MS else 0
        arrived.append(replace(one, arrival_ms=at_ms))
    return arrived


def value_of(event: Happening) -> bytes:
    """The event as a provider writes it."""
    return response(
        event.submitted_ms,
        brand=BRAND,
        store=event.store,
        response_id=event.response_id,
        source=event.source,
        event=event.event,
        version=event.version,
        score=event.score,
        comment=event.comment,
        customer_ref=event.customer_ref,
        consent=None if event.consent is None else {"contact": event.consent},
        contact_requested=event.requested,
        imported=event.imported or None,
    )


def log_of(happened: list[Happening]) -> list[FakeRecord]:
    """The records of a history, as they stand in their partition."""
    return [
        FakeRecord(offset=offset, timestamp=event.arrival_ms, value=value_of(event))
        for offset, event in enumerate(happened)
    ]


Cut = tuple[int, bool, bool, bool]
"""So many records more are committed; in a backlog or not; others are taken and lost; restored from compacted rows."""
CUTS = st.lists(st.tuples(st.integers(0, 5), st.booleans(), st.booleans(), st.booleans()), max_size=12)


def read(happened: list[Happening], cuts: list[Cut], *, batch: int = 1_000) -> Desk:
    """A shard that has read a history and committed it, by several owners where there are cuts."""
    log = log_of(happened)
    now_s = end_s(happened)
    desk = Desk(now_s=now_s)
    done = 0
    for size, behind, loses, compacted in cuts:
        desk.take_records(log[done : done + size])
        done += size
        desk.commit(now_s, behind=behind)
        totals = desk.totals.copy()
        if loses:
            desk.take_records(log[done : done + 3])
        desk = desk.crashed(now_s, compacted=compacted)
        desk.totals = totals
    for start in range(done, len(log), batch):
        desk.take_records(log[start : start + batch])
        desk.commit(now_s)
    desk.commit(now_s)
    return desk


def end_s(happened: list[Happening]) -> float:
    """When the last event arrives (s since the epoch)."""
    return happened[-1].arrival_ms / 1000 if happened else NOW_MS / 1000
