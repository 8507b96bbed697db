"""A digest of what a deployment knows: the same for two runs over the same log, whatever happened in between.

It covers identities, answers, marks, versions, tallies, alerts with their generations, and cases: how each stands, what
was done about it, how many events records and people brought, and of those that still wait which clocks fired. Offsets,
markers, disposition totals, cursors, who was held, and what clocks did to cases that are over are left out: they depend
on who worked when.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from streams import topology
from streams.agents.ledger import Ledger
from streams.app.wiring import policy
from streams.cluster.reading import read_topic
from streams.domain.case import (
    CONTACTABLE,
    CRITICAL,
    NEVER,
    REASSIGNED,
    REPEAT,
    UNEXPLAINED,
    WITHDRAWN,
    Case,
    unpack_case,
)
from streams.domain.page import Page, unpack
from streams.domain.store import Store
from streams.domain.tally import histogram
from streams.domain.timers import Stage, has_fired
from streams.domain.vote import OFFSET_SHIFT
from streams.engine import marker
from streams.metrics import Metrics
from streams.settings import Settings

_KEPT: Final = CRITICAL | REPEAT | CONTACTABLE | UNEXPLAINED | WITHDRAWN
_LASTING: Final[tuple[Stage, ...]] = ("warning", "breach", "second")
"""Clocks that have fired for a case that is old enough and waits, whatever its severity was in between."""
_WITHOUT_OFFSET = (1 << OFFSET_SHIFT) - 1


async def brand_digests(settings: Settings) -> dict[str, str]:
    """The digest of each brand, hexadecimal. KafkaError without Kafka or without the topic of the state."""
    rules = policy(settings, settings.partitions, Metrics())
    ledgers = [Ledger(shard, rules) for shard in range(settings.partitions)]

    def restore(record: Any) -> None:
        if record.key != marker.KEY:
            ledgers[record.partition].restore(record.key, record.value, record.offset)

    await read_topic(settings, settings.topic(topology.STATE.name), restore)
    stores: dict[str, dict[str, bytes]] = {}
    for ledger in ledgers:
        for brand, of_brand in store_digests(ledger).items():
            stores.setdefault(brand, {}).update(of_brand)
    return {
        brand: hashlib.sha256(b"".join(of_brand[name] for name in sorted(of_brand))).hexdigest()
        for brand, of_brand in sorted(stores.items())
    }


def whole_digest(brands: Mapping[str, str]) -> str:
    """The digest of all brands, from theirs."""
    return hashlib.sha256("".join(f"{brand}={brands[brand]}\n" for brand in sorted(brands)).encode()).hexdigest()


def store_digests(ledger: Ledger) -> dict[str, dict[str, bytes]]:
    """The digest of each store of a shard, by brand and name."""
    cases: dict[Store, list[Case]] = {}
    for alert_id, (store, row) in ledger.desk.filed.items():
        cases.setdefault(store, []).append(unpack_case(alert_id, row))
    return {
        share.name: {store.name: _of_store(store, cases.get(store, [])) for store in share.stores.values()}
        for share in ledger.brands.values()
    }


def _of_store(store: Store, cases: list[Case]) -> bytes:
    lines = [store.key.decode()]
    for day in sorted(store.rolling.days.keys() | store.pages.keys()):
        lines.append(f"{day} {histogram(store.rolling.days.get(day, 0))}")
        lines += sorted(_votes(store.days_pages(day)))
    lines.append(f"{histogram(store.lifetime)} {histogram(store.rolling.total)}")
    lines += sorted(map(_case, cases))
    return hashlib.sha256("\n".join(lines).encode()).digest()


def _votes(pages: list[Page | bytes]) -> Iterator[str]:
    for packed in pages:
        page = unpack(b"", packed) if isinstance(packed, bytes) else packed
        alerts = page.alerts
        for identity, vote in page.votes.items():
            versions, alert = page.versions.get(identity, ()), alerts.get(identity)
            # Clocks have numbers of their events among those of an alert: how many depends on who looked when.
            told = () if alert is None else tuple(alert._replace(sequence=0))
            yield f"{identity:016x} {vote & _WITHOUT_OFFSET:06x} {tuple(versions)} {told}"


def _case(case: Case) -> str:
    clocks = case.fired.bit_count() + bool(case.flags & REASSIGNED)
    waits = case.is_active and case.lead is None and case.contacted_ms == NEVER
    fired = [stage for stage in _LASTING if has_fired(case, stage)] if waits else []
    told = case._replace(flags=case.flags & _KEPT, hour=0, fired=0, sequence=case.sequence - clocks)
    return f"{tuple(told)} {fired}"
