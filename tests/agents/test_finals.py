"""Whatever comes whenever, trends say what a recount of the log by arrival says: present figures and those kept."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.domain.store import BrandShare, Store
from tests.agents import periods
from tests.agents.desk import BRAND_TALLIES, TRENDS, Desk, a_policy, home_of
from tests.agents.oracle import Happening, facts
from tests.agents.periods import Log
from tests.builders import FakeRecord, ms, response
from tests.strategies import EVENTS, SCORES

PARTITIONS = 3
STORES = ("Lyon", "Lille", "Nice", "Metz")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
BEGIN_MS = ms("2026-02-24T22:00:00Z")
AGES_H = (
    0,
    0,
    0,
    1,
    24,
    71,
    72,
    73,
    95,
    96,
    97,
    5 * 24,
    6 * 24,
    10 * 24,
    34 * 24,
    40 * 24,
    100 * 24,
    360 * 24,
    398 * 24,
)
"""Hours between the submission of a response and the first time that it may be heard of."""
GAPS_H = (0, 0, 0, 0, 1, 1, 2, 20, 72, 73, 24 * 8, 24 * 32)
"""Between two arrivals; most events come in a row."""
WAITS_D = (0, 1, 3, 4, 8, 40, 400, 760)


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Events of a few responses of several stores in the order of their arrival, timely and late."""
    responses = []
    for number in range(draw(st.integers(1, 6))):
        submitted_ms = BEGIN_MS - draw(st.sampled_from(AGES_H)) * HOUR_MS - draw(st.integers(0, 3_599)) * 1000
        responses.append((draw(st.sampled_from(STORES)), number, submitted_ms, draw(st.booleans())))
    log, at_ms = [], BEGIN_MS
    for version in range(draw(st.integers(0, 20))):
        at_ms += draw(st.sampled_from(GAPS_H)) * HOUR_MS
        store, number, submitted_ms, versioned = draw(st.sampled_from(responses))
        if at_ms - submitted_ms > 399 * DAY_MS:
            continue
        event = draw(st.just("created") | EVENTS)
        log.append(
            (at_ms, Happening(store, f"r-{number}", submitted_ms, event, version if versioned else None, draw(SCORES)))
        )
    return log


def _record(offset: int, at_ms: int, event: Happening) -> FakeRecord:
    value = response(
        event.submitted_ms,
        store=event.store,
        response_id=event.response_id,
        event=event.event,
        version=event.version,
        score=event.score if event.event in {"created", "updated", "finished"} else None,
    )
    return FakeRecord(offset=offset, timestamp=at_ms, value=value)


class Step(NamedTuple):
    """What follows an event: a commit, perhaps in a backlog, hand-overs that arrive, a crash that loses it or not."""

    commits: bool
    behind: bool
    shares: bool
    crashes: bool
    compacted: bool


STEPS = st.lists(st.builds(Step, *[st.booleans()] * 5), max_size=12)
PLAIN = Step(commits=True, behind=False, shares=True, crashes=False, compacted=False)


class Cluster:
    """All shards of a deployment, each with the log of its partition."""

    def __init__(self) -> None:
        policy = a_policy(partitions=PARTITIONS)
        self.desks = [Desk(number, policy, now_s=BEGIN_MS / 1000 - 1) for number in range(PARTITIONS)]
        self._logs: list[list[FakeRecord]] = [[] for _ in self.desks]
        self._committed = [0] * PARTITIONS

    def happen(self, at_ms: int, event: Happening, step: Step) -> None:
        """An event arrives, and what the step says follows."""
        number = home_of("Nord", event.store, PARTITIONS)
        log = self._logs[number]
        log.append(_record(len(log), at_ms, event))
        self.desks[number].take_records(log[-1:])
        if step.commits:
            self._commit(number, at_ms / 1000, behind=step.behind)
        if step.shares:
            self.share(at_ms / 1000)
        if step.crashes:
            self._crash(number, at_ms / 1000, compacted=step.compacted)

    def share(self, now_s: float) -> None:
        """Deliver all that was handed over so far; a redelivery changes nothing."""
        for number, desk in enumerate(self.desks):
            desk.hear(*(out for each in self.desks for out in each.written.get((BRAND_TALLIES, number), [])))
            self._commit(number, now_s)

    def rest(self, now_s: float) -> None:
        """Do all that is due at a time, hand-overs and what follows from them included."""
        for seconds in (0, 2, 4, 70):
            for number, desk in enumerate(self.desks):
                desk.settle(now_s + seconds)
                self._committed[number] = len(self._logs[number])
            self.share(now_s + seconds)

    def trends(self) -> dict[str, dict[str, Any]]:
        """The last trend of each key."""
        sent = [out for desk in self.desks for out in desk.sent(TRENDS)]
        return {(out.key or b"").decode(): orjson.loads(out.value or b"") for out in sent}

    def _commit(self, number: int, now_s: float, *, behind: bool = False) -> None:
        self.desks[number].commit(now_s, behind=behind)
        self._committed[number] = len(self._logs[number])

    def _crash(self, number: int, now_s: float, *, compacted: bool) -> None:
        self.desks[number] = desk = self.desks[number].crashed(now_s, compacted=compacted)
        for record in self._logs[number][self._committed[number] :]:
            desk.take_records([record])


def _run(log: Log, steps: list[Step]) -> Cluster:
    cluster = Cluster()
    for n, (at_ms, event) in enumerate(log):
        cluster.happen(at_ms, event, steps[n % len(steps)] if steps else PLAIN)
    return cluster


def _expected(log: Log) -> Iterator[tuple[str, Log]]:
    yield "Nord", log
    for store in STORES:
        yield f"Nord|{store}", periods.of_store(log, store)


def _compare(log: Log, found: dict[str, dict[str, Any]], now_s: float) -> None:
    """Every key says what a recount says; a key without trend has had no answer that counts."""
    for key, own in _expected(log):
        if key not in found:
            assert not facts(event for _, event in own), key
            continue
        trend = found[key]
        as_of = periods.as_of(trend)
        expected = periods.series(own, as_of)
        assert expected == {name: trend[name] for name in ("days", "weeks", "months")}, key
        assert periods.empty(trend) or as_of.timestamp() // 86_400 == now_s // 86_400, key


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])
@given(logs(), STEPS, st.sampled_from(WAITS_D))
def test_trends_are_a_recount_of_the_log_by_arrival(log: Log, steps: list[Step], wait_d: int) -> None:
    """Of every store and of the brand over its shards, through backlogs and crashes; at once, and long after."""
    cluster = _run(log, steps)
    now_s = (log[-1][0] if log else BEGIN_MS) / 1000
    cluster.rest(now_s)
    _compare(log, cluster.trends(), now_s + 70)
    now_s += wait_d * 86_400
    cluster.rest(now_s)
    _compare(log, cluster.trends(), now_s + 70)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(logs(), STEPS, STEPS)
def test_the_same_log_keeps_the_same_finals(log: Log, steps: list[Step], others: list[Step]) -> None:
    """Whoever worked when, in rows and in memory."""
    one, other = (_run(log, each) for each in (steps, others))
    for cluster in (one, other):
        cluster.rest((log[-1][0] if log else BEGIN_MS) / 1000)
    for desk, twin in zip(one.desks, other.desks, strict=True):
        assert _rows(desk) == _rows(twin)
        assert _kept(desk) == _kept(twin) == _kept(desk.crashed(compacted=True))


def _rows(desk: Desk) -> dict[bytes, bytes | None]:
    return {row.key: row.value for row in desk.changelog if row.key.startswith(b"f|")}


def _kept(desk: Desk) -> dict[str, Any]:
    owners: list[BrandShare | Store] = list(desk.ledger.brands.values())
    owners += [store for share in desk.ledger.brands.values() for store in share.stores.values()]
    kept: dict[str, Any] = {owner.name: (owner.kept.slots, owner.kept.tallies) for owner in owners if owner.kept.slots}
    said = {total.brand_name: total.said.by_period for total in desk.ledger.totals.values() if total.said.by_period}
    return kept | {f"said of {brand}": by_period for brand, by_period in said.items()}
