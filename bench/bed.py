"""The test bed: a Kafka of its own on one core, deployments on it, and the ways to fill and to watch them."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition

from bench.machine import cores, on_core
from bench.process import Process
from bench.responses import Keyed
from streams.broker import start_broker
from streams.cluster.connection import admin_client, reader
from streams.cluster.topics import create_topics
from streams.engine import marker
from streams.engine.marker import Marker
from streams.settings import Settings
from streams.topology import RESPONSES, STATE, TOPICS

_FILL_BATCH_BYTES = 131_072
_POLL_S = 0.1
_HEAP = "512m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of everything."""

    responses: int = 1_000_000
    stock_responses: int = 30_000
    stores: int = 50_000
    rows: int = 1_000_000
    rate: int = 500
    warm_up_s: float = 10.0
    seconds: float = 30.0
    memory_votes: int = 2_000_000
    cases: int = 100_000


QUICK = Sizes(
    responses=20_000,
    stock_responses=2_000,
    stores=2_000,
    rows=20_000,
    warm_up_s=0.5,
    seconds=2.0,
    memory_votes=100_000,
    cases=5_000,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bed:
    """A broker that runs, and where the process under test goes."""

    brokers: str
    cluster_id: str
    folder: Path
    sizes: Sizes
    partitions: int
    core: int | None
    """The core of the process under test; None where it is not bound to one."""
    _runs: Iterator[int] = field(default_factory=itertools.count)

    def deployment(self, prefix: str) -> Settings:
        """Settings of a deployment that never ran: an app id of its own."""
        app_id = f"bench-{next(self._runs)}"
        return Settings(
            brokers=self.brokers, topic_prefix=prefix, app_id=app_id, partitions=self.partitions, metrics_port=0
        )

    def worker(self, settings: Settings, words: tuple[str, ...] = ("streams", "worker")) -> Process:
        """Start a worker of a deployment, or another program that takes the same settings."""
        return Process([*words], settings.as_env(), self.folder / f"{settings.app_id}.log", self.core)


@contextmanager
def bed(sizes: Sizes, partitions: int, brokers: str | None) -> Iterator[Bed]:
    """Start a Kafka, bound to a core together with this thread, or take the one that is there."""
    broker_core, core = cores()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="nps-bench-")))
        if brokers is None:
            stack.enter_context(on_core(broker_core))
            brokers = stack.enter_context(start_broker(folder / "kafka", heap=_HEAP)).bootstrap
        else:
            core = None
        cluster_id = asyncio.run(_cluster_id(brokers))
        yield Bed(brokers=brokers, cluster_id=cluster_id, folder=folder, sizes=sizes, partitions=partitions, core=core)


async def _cluster_id(brokers: str) -> str:
    async with admin_client(Settings(brokers=brokers)) as admin:
        return str((await admin.describe_cluster())["cluster_id"])


async def renew(settings: Settings, keep: Iterable[str] = ()) -> None:
    """Make the topics of a deployment anew, empty, but for those to keep (public names)."""
    gone = [settings.topic(topic.name) for topic in TOPICS if topic.name not in keep]
    async with admin_client(settings) as admin:
        there = set(await admin.list_topics())
        if doomed := [name for name in gone if name in there]:
            await admin.delete_topics(doomed)
            while there.intersection(doomed):
                await asyncio.sleep(_POLL_S)
                there = set(await admin.list_topics())
    report = await create_topics(settings)
    assert report.good, report


async def remove(settings: Settings) -> None:
    """Delete the topics of a deployment."""
    async with admin_client(settings) as admin:
        await admin.delete_topics([settings.topic(topic.name) for topic in TOPICS])


async def fill(brokers: str, topic: str, records: Iterable[Keyed]) -> int:
    """Write records as large batches, as quickly as the broker takes them; gives how many."""
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks=1, max_batch_size=_FILL_BATCH_BYTES)
    await producer.start()
    try:
        batches: dict[int, Any] = {}
        sends = []
        n = 0
        for partition, key, value in records:
            n += 1
            batch = batches.get(partition) or producer.create_batch()
            if batch.append(key=key, value=value, timestamp=None) is None:
                sends.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
            batches[partition] = batch
        for partition, batch in batches.items():
            sends.append(await producer.send_batch(batch, topic, partition=partition))
        await asyncio.gather(*sends)
    finally:
        await producer.stop()
    return n


@dataclass(slots=True)
class Markers:
    """The newest committed marker of each shard, seen from outside."""

    settings: Settings
    consumer: Any
    seen: dict[int, tuple[int, Marker]] = field(default_factory=dict)
    """By shard: append time of the marker (ms since the epoch) and the marker."""
    _ends: dict[TopicPartition, int] = field(default_factory=dict)

    async def look(self) -> None:
        """Read the markers that were committed since the last look: each is the last row before a control record."""
        tps = sorted(self.consumer.assignment())
        ends = await self.consumer.end_offsets(tps)
        for tp in tps:
            if ends[tp] < 2 or ends[tp] == self._ends.get(tp):
                continue
            self._ends[tp] = ends[tp]
            record = await self._read(tp, ends[tp] - 2)
            if record is not None and record.key == marker.KEY:
                self.seen[tp.partition] = record.timestamp, Marker.decode(record.value)

    async def first(self) -> float:
        """When the first shard was open: append time of the oldest row of all, which is a marker; s since the epoch."""
        oldest = [await self._read(tp, 0) for tp in sorted(self.consumer.assignment())]
        return float(min(record.timestamp for record in oldest if record is not None)) / 1000

    def handled(self) -> int:
        """How many responses are in committed transactions."""
        topic = self.settings.topic(RESPONSES.name)
        return sum(sum(one.totals.get(topic, {}).values()) for _, one in self.seen.values())

    async def _read(self, tp: TopicPartition, offset: int) -> Any:
        """The record at an offset, None where it does not come."""
        self.consumer.seek(tp, offset)
        self.consumer.resume(tp)
        found = await self.consumer.getmany(tp, timeout_ms=2_000, max_records=1)
        self.consumer.pause(tp)
        return next(iter(found.get(tp, ())), None)


@asynccontextmanager
async def markers(settings: Settings) -> AsyncIterator[Markers]:
    """Watch the markers of a deployment whose topics are there."""
    async with reader(settings, "read_committed") as consumer:
        tps = [TopicPartition(settings.topic(STATE.name), shard) for shard in range(settings.partitions)]
        consumer.assign(tps)
        consumer.pause(*tps)
        yield Markers(settings, consumer)
