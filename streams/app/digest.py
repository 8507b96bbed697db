"""A digest of what a deployment knows: the same for two runs over the same log, whatever happened in between.

It covers identities, answers, marks, whether an alert was raised or muted, versions and tallies. Offsets, markers,
disposition totals, cursors and whatever the clock did are left out: they depend on who worked when.
"""

import asyncio
import hashlib
import sys
from collections.abc import Iterator
from typing import TextIO

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams import topology
from streams.agents.ledger import Ledger
from streams.app.wiring import policy
from streams.cluster.connection import reader
from streams.domain.page import Page, unpack
from streams.domain.store import Store
from streams.domain.tally import histogram
from streams.domain.vote import OFFSET_SHIFT
from streams.engine import marker
from streams.metrics import Metrics
from streams.settings import Settings

_WITHOUT_OFFSET = (1 << OFFSET_SHIFT) - 1
_POLL_MS = 500


def digest(settings: Settings, *, as_json: bool, out: TextIO = sys.stdout) -> int:
    """Print the digest of all shards, and one of each brand; gives the exit status, 1 when Kafka cannot be reached."""
    try:
        brands = asyncio.run(_brands(settings))
    except (KafkaError, OSError) as error:
        print(f"Kafka at {settings.brokers} cannot be reached ({type(error).__name__})", file=sys.stderr)  # noqa: T201
        return 1
    whole = hashlib.sha256("".join(f"{brand}={brands[brand]}\n" for brand in sorted(brands)).encode()).hexdigest()
    if as_json:
        out.write(orjson.dumps({"digest": whole, "brands": brands}, option=orjson.OPT_SORT_KEYS).decode() + "\n")
    else:
        out.write(f"{whole}  all\n")
        out.writelines(f"{brands[brand]}  {brand}\n" for brand in sorted(brands))
    return 0


async def _brands(settings: Settings) -> dict[str, str]:
    """The digest of each brand, hexadecimal."""
    stores: dict[str, dict[str, bytes]] = {}
    async with reader(settings, "read_committed") as consumer:
        for shard in range(settings.partitions):
            ledger = Ledger(shard, policy(settings, settings.partitions, Metrics()))
            await _restore(consumer, TopicPartition(settings.topic(topology.STATE.name), shard), ledger)
            for share in ledger.brands.values():
                of_brand = stores.setdefault(share.name, {})
                of_brand.update({store.name: _of_store(store) for store in share.stores.values()})
    return {
        brand: hashlib.sha256(b"".join(of_brand[name] for name in sorted(of_brand))).hexdigest()
        for brand, of_brand in stores.items()
    }


async def _restore(consumer: AIOKafkaConsumer, tp: TopicPartition, ledger: Ledger) -> None:
    consumer.assign([tp])
    end = (await consumer.end_offsets([tp]))[tp]
    await consumer.seek_to_beginning(tp)
    while await consumer.position(tp) < end:
        for records in (await consumer.getmany(tp, timeout_ms=_POLL_MS)).values():
            for record in records:
                if record.key != marker.KEY:
                    ledger.restore(record.key, record.value, record.offset)


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
        for identity, vote in page.votes.items():
            yield f"{identity:016x} {vote & _WITHOUT_OFFSET:06x} {page.versions.get(identity, ())}"
