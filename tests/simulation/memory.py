"""The invariant of the state: what a worker has in memory is what anybody would restore from the changelog."""

from collections.abc import Iterator
from typing import Any

from aiokafka import TopicPartition

from streams.agents.customers import place_of
from streams.agents.ledger import Ledger
from streams.domain.case import unpack_case
from streams.domain.page import Page
from streams.domain.timers import next_due_ms
from tests.simulation.evidence import STATE, Evidence
from tests.simulation.truth import MARKER_KEY, Seen, visible


def state(evidence: Evidence) -> Iterator[str]:
    """All that is in memory, cases and clocks included, is what a ledger has that is made from the rows alone."""
    world = evidence.world
    if not world.finished:
        return
    now_s = world.now_ms() // 1000
    for shard, ledger in world.open_ledgers():
        fresh = Ledger(shard, world.rules)
        for row in rows(world.broker, shard):
            assert row.key is not None
            fresh.restore(row.key, row.value, row.offset)
        fresh.desk.restored()
        ours, theirs = _told(ledger, now_s), _told(fresh, now_s)
        for what in sorted(ours.keys() | theirs.keys(), key=str):
            if ours.get(what) != theirs.get(what):
                yield f"shard {shard}: {what} is {ours.get(what)} in memory, {theirs.get(what)} restored"


def rows(broker: Any, shard: int) -> list[Seen]:
    """The committed rows of a shard that are still there, but for the markers."""
    log = broker.log(TopicPartition(STATE, shard))
    return [row for row in visible(broker, log, kept=True) if row.key != MARKER_KEY]


def _told(ledger: Ledger, now_s: int) -> dict[Any, Any]:
    """A ledger in plain values."""
    told: dict[Any, Any] = {}
    for brand, share in ledger.brands.items():
        for name, store in share.stores.items():
            told[brand, name, "windows"] = store.windows(now_s)
            told[brand, name, "day tallies"] = dict(store.day_tallies)
            for day in store.pages:
                pages = store.days_pages(day)
                told[brand, name, day] = [page.pack() if isinstance(page, Page) else page for page in pages]
                told[brand, day, "hours"] = {hour: one for hour, one in share.day(day).items() if one}
    for brand, total in ledger.totals.items():
        told[brand, "windows"] = total.windows(now_s)
        told[brand, "parts"] = {part: hours for part, hours in total.parts.items() if hours}
    clocks = ledger.desk.clocks
    entries = {*clocks._due, *(entry for entries in clocks._bins.values() for entry in entries)}
    for alert_id, (store, row) in ledger.desk.filed.items():
        case = unpack_case(alert_id, row)
        told[store.key, alert_id, "case"] = row
        told[store.key, alert_id, "waits"] = (
            case.lead is not None or (next_due_ms(ledger.desk.whole(case)), alert_id) in entries,
        )
        if case.customer:
            told[store.key, case.customer] = [
                one.alert_id for one in ledger.desk.customers.latest(place_of(store, case.customer))
            ]
    for brand, share in ledger.brands.items():
        told[brand, "caseload"] = share.caseload.days
        told |= {(brand, name, "caseload"): store.caseload.days for name, store in share.stores.items()}
    return {what: value for what, value in told.items() if any(value)}
