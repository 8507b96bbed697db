"""The topics of a deployment, read in read_committed from their start; and the markers in them."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from chaos.deployment import RESPONSES, SOURCES, STATE, TOPICS, Deployment

_POLL_MS = 100
MARKER_KEY = b"m"
_ROW_VERSION = 1

Offsets = dict[str, int]
"""Offsets by `topic|partition`, the topic without prefix."""


class Reading:
    """Keeps every committed record that it has read, by topic and in order within a partition."""

    def __init__(self, deployment: Deployment, topics: Sequence[str], committed: Any, uncommitted: Any) -> None:
        self.deployment = deployment
        self._topics = topics
        self._committed = committed
        self._uncommitted = uncommitted
        self._records: dict[str, list[Any]] = defaultdict(list)
        self._markers: dict[int, list[Any]] = defaultdict(list)
        """The records of each shard's markers, among the first so many rows: asked for all the time, few among them."""
        self._looked_through = 0

    def records(self, topic: str) -> Sequence[Any]:
        """What was committed there, as of the last `refresh`."""
        return self._records[self.deployment.topic(topic)]

    def everything(self) -> dict[str, list[Any]]:
        """All that was read, by the names of the topics on the broker."""
        return self._records

    def latest(self, topic: str) -> dict[bytes, Any]:
        """The last record of each key."""
        return {record.key: record for record in self.records(topic)}

    def markers(self) -> dict[int, dict[str, Any]]:
        """The last marker of each shard that has one."""
        return {shard: _marker(records[-1].value) for shard, records in self._marker_records().items()}

    def totals(self) -> dict[int, dict[str, int]]:
        """Of each shard, how many records of the responses became what, by its marker."""
        name = self.deployment.topic(RESPONSES)
        return {shard: marker["sources"][name]["totals"] for shard, marker in self.markers().items()}

    def included(self) -> int:
        """How many responses are in committed totals; a stray counts where it went."""
        return sum(sum(totals.values()) - totals["rehomed"] for totals in self.totals().values())

    def positions(self) -> Offsets:
        """How far each shard has read each source, by its marker."""
        return {
            f"{topic}|{shard}": marker["sources"][self.deployment.topic(topic)]["position"]
            for shard, marker in self.markers().items()
            for topic in SOURCES
        }

    def position_at(self, source: str, at_s: float) -> int:
        """How far a shard had read a source (`topic|shard`) at an instant, by the markers appended until then."""
        topic, _, shard = source.partition("|")
        until_ms = at_s * 1000
        rows = (one.value for one in self._marker_records().get(int(shard), ()) if one.timestamp <= until_ms)
        name = self.deployment.topic(topic)
        return max((_marker(row)["sources"][name]["position"] for row in rows), default=0)

    def _marker_records(self) -> dict[int, list[Any]]:
        rows = self.records(STATE)
        for row in rows[self._looked_through :]:
            if row.key == MARKER_KEY:
                self._markers[row.partition].append(row)
        self._looked_through = len(rows)
        return self._markers

    async def refresh(self) -> dict[Any, int]:
        """Read on to the present ends (last stable offsets), and give them."""
        ends: dict[Any, int] = await self._committed.end_offsets(self._partitions(self._topics))
        waiting = set(ends)
        while True:
            waiting = {tp for tp in waiting if await self._committed.position(tp) < ends[tp]}
            if not waiting:
                return ends
            for tp, records in (await self._committed.getmany(timeout_ms=_POLL_MS)).items():
                self._records[tp.topic] += records

    async def ends(self) -> Offsets:
        """Where the responses end at present, committed or not."""
        ends = await self._uncommitted.end_offsets(self._partitions((RESPONSES,)))
        return {f"{RESPONSES}|{tp.partition}": end for tp, end in ends.items()}

    async def handled(self) -> bool:
        """Whether all that stands in the sources is in committed markers, and no transaction is open.

        Nobody may be writing responses. The markers are read first: what they stand for is in the logs by then, but
        visible only once its transaction has ended in the last of them.
        """
        await self.refresh()
        markers = self.markers()
        ends = await self._uncommitted.end_offsets(self._partitions(self._topics))
        stable = await self.refresh()
        if len(markers) < self.deployment.partitions or any(stable[tp] < end for tp, end in ends.items()):
            return False
        names = [self.deployment.topic(topic) for topic in SOURCES]
        return all(
            record.offset < markers[record.partition]["sources"][name]["position"]
            for name in names
            for record in self._records[name]
        )

    async def is_open(self, topic: str, partitions: Iterable[int]) -> bool:
        """Whether a transaction is open in one of these partitions."""
        tps = [TopicPartition(self.deployment.topic(topic), number) for number in partitions]
        ends = await self._uncommitted.end_offsets(tps)
        stable = await self._committed.end_offsets(tps)
        return any(stable[tp] < end for tp, end in ends.items())

    async def connect(self) -> None:
        """Begin to read, from the start."""
        partitions = self._partitions(self._topics)
        self._committed.assign(partitions)
        await self._committed.seek_to_beginning(*partitions)

    def _partitions(self, topics: Iterable[str]) -> list[Any]:
        numbers = range(self.deployment.partitions)
        return [TopicPartition(self.deployment.topic(topic), number) for topic in topics for number in numbers]


@asynccontextmanager
async def open_reading(deployment: Deployment, topics: Sequence[str] = TOPICS) -> AsyncIterator[Reading]:
    """Give a reading that is connected; the topics exist already."""
    client: dict[str, Any] = {
        "bootstrap_servers": deployment.brokers,
        "enable_auto_commit": False,
        "request_timeout_ms": 5_000,
    }
    committed = AIOKafkaConsumer(
        **client, isolation_level="read_committed", auto_offset_reset="earliest", fetch_max_wait_ms=_POLL_MS
    )
    uncommitted = AIOKafkaConsumer(**client)
    started: list[Any] = []
    try:
        for one in (committed, uncommitted):
            started.append(one)
            await one.start()
        reading = Reading(deployment, topics, committed, uncommitted)
        await reading.connect()
        yield reading
    finally:
        for one in started:
            await _stop(one)


async def _stop(consumer: Any) -> None:
    """Stop a consumer; the end of a fetch that has just failed may escape from it as if we were cancelled."""
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        await consumer._client.close()  # noqa: SLF001 -- else its connections stay open
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise


async def group_offsets(deployment: Deployment) -> Offsets:
    """What the group has committed, for lag tools; nothing of it where it never did."""
    admin = AIOKafkaAdminClient(bootstrap_servers=deployment.brokers)
    try:
        await admin.start()
        found = await admin.list_consumer_group_offsets(deployment.app_id)
    finally:
        await admin.close()
    names = {deployment.topic(topic): topic for topic in SOURCES}
    return {f"{names[tp.topic]}|{tp.partition}": meta.offset for tp, meta in found.items() if tp.topic in names}


def position_in(row: bytes, source: str) -> int:
    """How far a source, by its name on the broker, was read by a marker."""
    return int(_marker(row)["sources"][source]["position"])


def _marker(row: bytes) -> dict[str, Any]:
    assert row[0] == _ROW_VERSION, f"the marker has row version {row[0]}"
    found: dict[str, Any] = json.loads(row[1:])
    return found
