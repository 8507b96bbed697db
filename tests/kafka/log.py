"""The topics of one deployment as a test sees them: what it writes to them, and all that is committed in them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.engine import marker
from streams.engine.marker import Marker
from streams.settings import Settings
from streams.topology import AGENTS, RESPONSES, STATE, TOPICS, Topic
from tests.kafka.waiting import until

_POLL_MS = 100


@dataclass(frozen=True, slots=True)
class Sent:
    """A record to send; `partition` None lets its key decide, as Java's producers do."""

    key: bytes | None
    value: bytes | None
    partition: int | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    timestamp_ms: int | None = None

    def to(self, partition: int) -> "Sent":
        """The same record for a partition."""
        return replace(self, partition=partition)


class Log:
    """Writes to the topics, and keeps every committed record that it has read of them, by topic and in order."""

    def __init__(self, settings: Settings, producer: Any, committed: Any, uncommitted: Any) -> None:
        self.settings = settings
        self.producer = producer
        self._committed = committed
        self._uncommitted = uncommitted
        self._records: dict[str, list[Any]] = defaultdict(list)
        self._markers: dict[int, bytes] = {}
        """The row of the last marker of each shard: asked for all the time."""

    async def send(self, records: Iterable[Sent], topic: Topic = RESPONSES) -> list[Any]:
        """Write records and wait for Kafka to have them; gives where they stand."""
        name = self.settings.topic(topic.name)
        futures = [
            await self.producer.send(
                name,
                record.value,
                key=record.key,
                partition=record.partition,
                headers=list(record.headers),
                timestamp_ms=record.timestamp_ms,
            )
            for record in records
        ]
        return list(await asyncio.gather(*futures))

    def records(self, topic: Topic) -> Sequence[Any]:
        """What was committed there, as of the last `refresh`; in order within a partition."""
        return self._records[self.settings.topic(topic.name)]

    def latest(self, topic: Topic) -> dict[bytes, Any]:
        """The last record of each key."""
        return {record.key: record for record in self.records(topic)}

    def markers(self) -> dict[int, Marker]:
        """The last marker of each shard that has one."""
        return {shard: Marker.decode(row) for shard, row in self._markers.items()}

    def included(self, topic: Topic = RESPONSES) -> int:
        """How many records of a source are in committed totals."""
        name = self.settings.topic(topic.name)
        return sum(sum(one.sources[name].totals.values()) for one in self.markers().values())

    def position(self, shard: int) -> int:
        """How far a shard has read the responses, by its marker."""
        return self.markers()[shard].sources[self.settings.topic(RESPONSES.name)].position

    async def refresh(self) -> dict[TopicPartition, int]:
        """Read on to the present ends of all topics (last stable offsets); gives them."""
        ends: dict[TopicPartition, int] = await self._committed.end_offsets(self._partitions())
        waiting = set(ends)
        while True:
            waiting = {tp for tp in waiting if await self._committed.position(tp) < ends[tp]}
            if not waiting:
                return ends
            for tp, records in (await self._committed.getmany(timeout_ms=_POLL_MS)).items():
                self._records[tp.topic] += records
                if tp.topic == self.settings.topic(STATE.name):
                    self._markers.update((tp.partition, one.value) for one in records if one.key == marker.KEY)

    async def handled(self) -> bool:
        """Whether all that stands in the sources is included by committed markers. Nobody may be writing to them.

        The markers are read first. What they stand for is in the logs by then, though it may not be visible yet: the
        end of a transaction is written to one partition after another. So every log is read to its very end, and must
        be settled up to there.
        """
        await self.refresh()
        markers = self.markers()
        ends = await self._uncommitted.end_offsets(self._partitions())
        stable = await self.refresh()
        if any(stable[tp] < end for tp, end in ends.items()) or len(markers) < self.settings.partitions:
            return False
        sources = [self.settings.topic(agent.reads.name) for agent in AGENTS]
        return all(
            record.offset < markers[record.partition].sources[name].position
            for name in sources
            for record in self._records[name]
        )

    async def is_open(self, topic: Topic, partitions: Iterable[int]) -> bool:
        """Whether a transaction is open in one of these partitions of a topic."""
        tps = [TopicPartition(self.settings.topic(topic.name), number) for number in partitions]
        ends = await self._uncommitted.end_offsets(tps)
        stable = await self._committed.end_offsets(tps)
        return any(stable[tp] < end for tp, end in ends.items())

    async def until_included(self, count: int) -> None:
        """Wait until so many responses are in committed totals."""

        async def enough() -> bool:
            await self.refresh()
            return self.included() >= count

        await until(f"{count} responses are included", enough)

    async def connect(self) -> None:
        """Begin to read, from the start."""
        partitions = self._partitions()
        self._committed.assign(partitions)
        for tp in partitions:
            self._committed.seek(tp, 0)

    def _partitions(self) -> list[TopicPartition]:
        numbers = range(self.settings.partitions)
        return [TopicPartition(self.settings.topic(topic.name), number) for topic in TOPICS for number in numbers]


@asynccontextmanager
async def open_log(settings: Settings) -> AsyncIterator[Log]:
    """Give a log that is connected; the topics exist already."""
    client: dict[str, Any] = {"bootstrap_servers": settings.brokers, "enable_auto_commit": False}
    committed = AIOKafkaConsumer(
        **client, isolation_level="read_committed", auto_offset_reset="earliest", fetch_max_wait_ms=_POLL_MS
    )
    uncommitted = AIOKafkaConsumer(**client)
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.brokers,
        enable_idempotence=True,
        linger_ms=2,
        max_batch_size=1 << 18,
        max_request_size=1 << 21,
    )
    started = []
    try:
        for one in (committed, uncommitted, producer):
            started.append(one)
            await one.start()
        log = Log(settings, producer, committed, uncommitted)
        await log.connect()
        yield log
    finally:
        for one in started:
            with suppress(TimeoutError):  # a producer whose broker is gone would try for ever
                await asyncio.wait_for(one.stop(), 10)


class Feed:
    """Sends records at a steady pace in the background until it is told to finish: load that outlasts any fault."""

    def __init__(self, log: Log, records: Iterable[Sent], per_second: int) -> None:
        self._log = log
        self._records = iter(records)
        self._per_second = per_second
        self._finishing = False
        self._task: asyncio.Task[None] | None = None
        self.acked = 0

    async def finish(self) -> None:
        """Send no more, and wait until Kafka has all that was sent."""
        assert self._task is not None
        assert not self._task.done(), "there was nothing more to send"
        self._finishing = True
        await self._task

    async def until_acked(self, more: int) -> None:
        """Wait until Kafka has so many more."""
        enough = self.acked + more
        await until(f"{more} more records are sent", lambda: self.acked >= enough)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        chunk = max(1, self._per_second // 20)
        while not self._finishing and (records := [*islice(self._records, chunk)]):
            next_s = loop.time() + chunk / self._per_second
            self.acked += len(await self._log.send(records))
            await asyncio.sleep(max(0.0, next_s - loop.time()))
