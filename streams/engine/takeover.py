"""Opening a shard: fence, restore, check, and say where its sources go on.

The order is the point. InitProducerId fences the previous owner and settles its transaction, so nothing of his can be
added any more; what Kafka may have left open of his is aborted again. Then the group is asked for the offsets it was
told. Only then the end of the changelog is read, in read_uncommitted: the last stable offset would hide what was
committed after a foreign open transaction. The rows are read in read_committed until that end is reached.

The group is told only what a committed marker says. So a marker at least as far as what it was told stands below an end
that is read later, whoever told it, and however late: if there is none, the state is not the one that was written.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from streams.engine import marker as marker_row
from streams.engine.batches import RECORDS_MAX
from streams.engine.clock import loop_s
from streams.engine.commit import close_producer, new_producer
from streams.engine.config import EngineConfig
from streams.engine.ending import abort_again
from streams.engine.failure import Broken, Refusal, Superseded, deadline
from streams.engine.fetch import fetch, stop_consumer
from streams.engine.lookup import Lookup, Offsets
from streams.engine.marker import Marker, Source
from streams.engine.state import State

log = logging.getLogger(__name__)

_PROGRESS_S = 30.0
"""A restore without progress for this long ends the process; one that takes minutes does not."""
_STABLE_GRACE_S = 15.0
_POLL_S = 0.2
_SETTLING_S = (0.05, 0.2, 0.2)
"""Pauses after what was open was aborted, until somebody looks whether it is."""
_RESTORE_STATE = "Restore the topic from its replicas or a backup, or start over under another NPS_APP_ID"


@dataclass(slots=True)
class Taken:
    """An opened shard: nobody else can write to it now."""

    producer: AIOKafkaProducer
    marker: Marker
    log_starts: dict[str, int]
    state_position: int
    rows: int
    lookup: Lookup
    """Whoever was asked, to be asked on."""


@dataclass(slots=True, kw_only=True)
class Takeover:
    """How to take over: the lookups it needs, each of them an edge."""

    config: EngineConfig
    lookup: Lookup
    """Started."""
    committed: Callable[[list[TopicPartition]], Awaitable[dict[TopicPartition, int | None]]]
    is_current: Callable[[], bool]
    """Whether the generation that assigned the shard is still the group's."""
    remaining: Callable[[int], None]
    """Told how many rows are still to come."""

    async def run(self, shard: int, state: State) -> Taken:
        """Take over a shard; raises Refusal, Superseded, or what ends the process."""
        config = self.config
        self._still_current()
        producer = new_producer(config, shard)
        try:
            async with deadline(config.commit_deadline_s, "InitProducerId"):
                await producer.start()
            self._still_current()
            async with deadline(config.commit_deadline_s, "settling what the former owner left open"):
                await self._settle(producer, shard)
            async with deadline(config.commit_deadline_s, "reading committed offsets"):
                told = await self._told(shard)
            async with deadline(config.commit_deadline_s, "reading the ends of the logs"):
                starts, ends = await self._bounds(shard)
            _check_uncut(config.state, shard, starts[config.state])
            last, rows = await self._restore(shard, state, starts[config.state], ends[config.state])
            log_starts = {topic: starts[topic] for topic in config.sources}
            marker = self._marker(shard, last, told, starts, ends)
            state.restored(marker.state, config.now())
            self._still_current()
        except BaseException:
            await close_producer(producer, config)
            raise
        return Taken(producer, marker, log_starts, ends[config.state], rows, self.lookup)

    def _still_current(self) -> None:
        if not self.is_current():
            message = "the group has moved on"
            raise Superseded(message)

    async def _settle(self, producer: AIOKafkaProducer, shard: int) -> None:
        """Abort again what a marker that Kafka dropped left open, lest the first commit here commit it.

        Also what it drops while this goes on. What still does not move is somebody else's.
        """
        written = [
            TopicPartition(topic, number) for topic, size in self.config.outputs.items() for number in range(size)
        ]
        tps = [TopicPartition(self.config.state, shard), *written]
        known: Offsets = {}
        for pause_s in _SETTLING_S:
            unsettled = await self._unsettled(tps)
            unmoved = [tp for tp, at in unsettled.items() if known.get(tp, at) == at]
            if not unmoved:
                return
            await abort_again(producer, unmoved)
            known = unsettled
            await asyncio.sleep(pause_s)

    async def _unsettled(self, tps: list[TopicPartition]) -> Offsets:
        while True:
            try:
                return await self.lookup.unsettled(tps)
            except KafkaError as error:
                log.info("Asking again what is open", extra={"error": type(error).__name__})
                await asyncio.sleep(_POLL_S)

    async def _bounds(self, shard: int) -> tuple[dict[str, int], dict[str, int]]:
        tps = [TopicPartition(topic, shard) for topic in (*self.config.sources, self.config.state)]
        starts = await self.lookup.starts(tps)
        ends = await self.lookup.ends(tps)
        return {tp.topic: starts[tp] for tp in tps}, {tp.topic: ends[tp] for tp in tps}

    async def _restore(self, shard: int, state: State, start: int, end: int) -> tuple[bytes | None, int]:
        """Feed the rows from `start` to `end` to the state; gives the last marker and the number of rows."""
        last: bytes | None = None
        rows = 0
        if start >= end:
            return last, rows
        tp = TopicPartition(self.config.state, shard)
        consumer = self.config.consumer(
            **self.config.client(),
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            max_partition_fetch_bytes=8 << 20,
            fetch_max_wait_ms=100,
        )
        async with deadline(self.config.commit_deadline_s, "connecting for the restore"):
            await consumer.start()
        try:
            consumer.assign([tp])
            consumer.seek(tp, start)
            position, moved_at = start, loop_s()
            while position < end:
                for fetched in await fetch(consumer._fetcher, {tp}, _POLL_S, RECORDS_MAX):
                    if fetched.next_position > position:
                        position, moved_at = fetched.next_position, loop_s()
                    for record in fetched.records:
                        if record.offset >= end:
                            break  # a successor's: nobody else writes here, and we have been fenced meanwhile
                        assert record.key is not None
                        if record.key == marker_row.KEY:
                            last = record.value
                        else:
                            state.restore(record.key, record.value, record.offset)
                    rows += len(fetched.records)
                    self.remaining(max(0, end - position))
                self._check_progress(consumer, tp, end, loop_s() - moved_at)
                await asyncio.sleep(0)
        finally:
            await stop_consumer(consumer)
        return last, rows

    def _check_progress(self, consumer: AIOKafkaConsumer, tp: TopicPartition, end: int, stalled_s: float) -> None:
        open_s = self.config.transaction_timeout_s + _STABLE_GRACE_S
        stable = consumer.last_stable_offset(tp)
        if stalled_s > open_s and stable is not None and stable < end:
            text = (
                f"{tp.topic}[{tp.partition}] has had an open transaction for more than {open_s:.0f} s at offset "
                f"{stable}: find its producer with kafka-transactions.sh find-hanging and end it there"
            )
            raise Refusal("open_transaction", text)
        if stalled_s > _PROGRESS_S:
            message = f"the restore of {tp.topic}[{tp.partition}] made no progress for {_PROGRESS_S:.0f} s"
            raise Broken(message)

    def _marker(
        self, shard: int, last: bytes | None, told: dict[str, int], starts: dict[str, int], ends: dict[str, int]
    ) -> Marker:
        """The marker of a shard that may be opened; raises Refusal."""
        config = self.config
        if last is None:
            if told:
                text = (
                    f"group {config.app_id} has committed offsets for shard {shard} ({told}) but "
                    f"{config.state}[{shard}] holds no marker: the state is lost. {_RESTORE_STATE}"
                )
                raise Refusal("lost_state", text)
            return Marker(
                config.app_id,
                config.cluster_id,
                config.partitions,
                {topic: Source(starts[topic]) for topic in config.sources},
            )
        marker = Marker.decode(last)
        _check_deployment(marker, config)
        for topic in config.sources:
            if topic not in marker.sources:
                marker.sources[topic] = Source(starts[topic])
            position = marker.sources[topic].position
            if told.get(topic, 0) > position:
                text = (
                    f"group {config.app_id} was told that {topic}[{shard}] is read up to {told[topic]}, the marker in "
                    f"{config.state}[{shard}] says {position}: the state is an older copy of itself, and what came "
                    f"after it was published already. {_RESTORE_STATE}. If somebody set the group's offsets ahead "
                    "instead, delete those"
                )
                raise Refusal("lost_state", text)
            _check_position(topic, shard, position, starts[topic], ends[topic])
        return marker

    async def _told(self, shard: int) -> dict[str, int]:
        """What the group was told of each source, if anything."""
        committed = await self.committed([TopicPartition(topic, shard) for topic in self.config.sources])
        return {tp.topic: offset for tp, offset in committed.items() if offset is not None}


def _check_uncut(topic: str, shard: int, start: int) -> None:
    if start > 0:
        text = (
            f"{topic}[{shard}] begins at {start}: rows were deleted from it, which compaction never does (its "
            f"cleanup.policy must be compact alone). {_RESTORE_STATE}"
        )
        raise Refusal("lost_state", text)


def _check_deployment(marker: Marker, config: EngineConfig) -> None:
    for what, kept, ours, cure in (
        ("app id", marker.app_id, config.app_id, "set NPS_APP_ID to it, or use another NPS_TOPIC_PREFIX"),
        ("cluster", marker.cluster_id, config.cluster_id, "this state was copied from elsewhere: do not use it here"),
        ("number of partitions", marker.partitions, config.partitions, "it is fixed at creation: set NPS_PARTITIONS"),
    ):
        if kept != ours:
            text = f"{config.state} belongs to {what} {kept!r}, this worker has {ours!r}: {cure}"
            raise Refusal("other_deployment", text)


def _check_position(topic: str, shard: int, position: int, start: int, end: int) -> None:
    if start > position:
        text = (
            f"{topic}[{shard}] begins at {start}, but this shard has read only up to {position}: "
            f"{start - position} records were deleted unread. Restore the topic, or start over under another NPS_APP_ID"
        )
        raise Refusal("lost_input", text)
    if end < position:
        text = (
            f"{topic}[{shard}] ends at {end}, before position {position} of this shard: the topic was recreated or "
            "cut. Restore it, or start over under another NPS_APP_ID"
        )
        raise Refusal("recreated_input", text)
