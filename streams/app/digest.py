"""A digest of what a deployment knows: the same for two runs over the same log, whatever happened in between.

It covers identities, answers, marks, versions, tallies and alerts with their generations and sequence numbers. Offsets,
markers, disposition totals, cursors and whatever the clock did are left out: they depend on who worked when.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from streams import topology
from streams.agents.ledger import Ledger
from streams.app.wiring import policy
from streams.cluster.reading import read_topic
from streams.domain.page import Page, unpack
from streams.domain.store import Store
from streams.domain.tally import histogram
from streams.domain.vote import OFFSET_SHIFT
from streams.engine import marker
from streams.metrics import Metrics
from streams.settings import Settings

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
    for share in (share for ledger in ledgers for share in ledger.brands.values()):
        stores.setdefault(share.name, {}).update({store.name: _of_store(store) for store in share.stores.values()})
    return {
        brand: hashlib.sha256(b"".join(of_brand[name] for name in sorted(of_brand))).hexdigest()
        for brand, of_brand in sorted(stores.items())
    }


def whole_digest(brands: Mapping[str, str]) -> str:
    """The digest of all brands, from theirs."""
    return hashlib.sha256("".join(f"{brand}={brands[brand]}\n" for brand in sorted(brands)).encode()).hexdigest()


def _of_store(store: Store) -> bytes:
    lines = [store.key.decode()]
    for day in sorted(store.rolling.days.keys() | store.pages.keys()):
        lines.append(f"{day} {histogram(store.rolling.days.get(day, 0))}")
        lines += sorted(_votes(store.days_pages(day)))
    lines.append(f"{histogram(store.lifetime)} {histogram(store.rolling.total)}")
    return hashlib.sha256("\n".join(lines).encode()).digest()


def _votes(pages: list[Page | bytes]) -> Iterator[str]:
    for packed in pages:
        page = unpack(b"", packed) if isinstance(packed, bytes) else packed
        alerts = page.alerts
        for identity, vote in page.votes.items():
            versions, alert = page.versions.get(identity, ()), alerts.get(identity, ())
            yield f"{identity:016x} {vote & _WITHOUT_OFFSET:06x} {tuple(versions)} {tuple(alert)}"
