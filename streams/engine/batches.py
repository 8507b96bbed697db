"""The seam into Faust: one fetched partition batch becomes one stream value.

Stock Faust moves every record through a dozen coroutines, which costs 60 to 250 us each. Here the drain loop of the
Faust consumer hands a whole fetched batch to the agent as one value; the agent stays an ordinary `@app.agent`.

The transport also takes the positions out of Faust's hands. Faust rewinds to committed offsets and resumes everything
in several places; here a partition delivers only while the gate admits it, and a rewind goes to the position of its
shard. Offsets committed to the group are for lag tools alone: the truth is the marker.

Everything overridden is private to faust-streaming 0.15.3; a contract test fails when one of the seams changes shape.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar, TypeVar

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata, TopicPartition
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage

from streams.engine.assignor import ShardAssignor
from streams.engine.clock import loop_s
from streams.engine.failure import deadline
from streams.engine.fetch import Fetched, Record, fetch
from streams.engine.gate import Gate
from streams.engine.watchdog import Watchdog

T = TypeVar("T")

RECORDS_MAX = 5_000
"""Records of one partition delivered at once: bounds how long the event loop is held (about 50 ms)."""

_POLL_S = 0.5
_CHECK_S = 2.0
_REJOIN_S = 5.0
"""What a member may need beside draining to join again before the others go on without it."""


class Batch:
    """The value of a stream: consecutive records of one partition, from `start` up to `next_position`."""

    __slots__ = ("next_position", "partition", "records", "stable_end", "start", "topic")

    def __init__(self, fetched: Fetched) -> None:
        self.topic: str = fetched.tp.topic
        self.partition: int = fetched.tp.partition
        self.start = fetched.start
        self.next_position = fetched.next_position
        self.records: list[Record] = fetched.records
        self.stable_end = fetched.stable_end


class Listener(driver.ConsumerRebalanceListener):
    """Holds what is newly assigned before anything else can happen to it; runs in the consumer's thread."""

    async def on_partitions_assigned(self, assigned: Any) -> None:
        """Called by aiokafka before it fetches anything of a new assignment."""
        consumer = self._thread._ensure_consumer()
        for tp in assigned:
            # A position of any value keeps aiokafka from looking one up; paused, nothing is fetched from it.
            consumer.seek(tp, 0)
        consumer.pause(*assigned)
        await super().on_partitions_assigned(assigned)


class BatchThread(driver.AIOKafkaConsumerThread):
    """The consumer's thread: fetching, heartbeats, seeks."""

    consumer: "BatchConsumer"

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        del transport
        options = self.consumer.options
        rebalance_s = options.drain_timeout_s + _REJOIN_S
        self._assignor = ShardAssignor(options.partitions, self.generation)
        return options.consumer(
            bootstrap_servers=options.brokers,
            # The broker answers a JoinGroup only when all members are there.
            request_timeout_ms=int((rebalance_s + _REJOIN_S) * 1000),
            client_id=self.app.conf.broker_client_id,
            group_id=self.app.conf.id,
            group_instance_id=self.app.conf.consumer_group_instance_id,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_interval_ms=86_400_000,
            max_partition_fetch_bytes=4 << 20,
            fetch_max_wait_ms=int(options.fetch_wait_s * 1000),
            session_timeout_ms=int(options.session_timeout_s * 1000),
            rebalance_timeout_ms=int(rebalance_s * 1000),
            heartbeat_interval_ms=int(options.session_timeout_s * 1000 / 4),
            metadata_max_age_ms=60_000,
        )

    def generation(self) -> int:
        """The group's generation this member belongs to, -1 while it belongs to none."""
        return int(self._ensure_consumer()._coordinator.generation) if self._consumer is not None else -1

    async def in_thread(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the consumer's thread and wait for it here."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self.thread_loop))

    async def fetch(self, tps: frozenset[TP]) -> list[Fetched]:
        """What has arrived for these partitions; waits for it, at most half a second."""
        consumer = self._ensure_consumer()
        # What went wrong in the group for good is told only to those who ask.
        consumer._coordinator.check_errors()
        return await self.in_thread(fetch(consumer._fetcher, tps, _POLL_S, RECORDS_MAX))

    def last_answers(self, tps: frozenset[TP]) -> dict[TP, int]:
        """A mark for each partition that changes with each answer to a fetch of it."""
        assignment = self._ensure_consumer()._subscription.subscription.assignment
        states = {tp: assignment.state_value(TopicPartition(*tp)) for tp in tps}
        return {tp: state.timestamp or 0 for tp, state in states.items() if state is not None}

    async def seek_and_resume(self, positions: Mapping[TP, int]) -> None:
        """Seek first, then let the partitions be fetched; those that are not assigned any more are left out."""
        async with deadline(self.consumer.options.deadline_s, "a seek"):
            await self.in_thread(self._seek_and_resume(positions))

    async def _seek_and_resume(self, positions: Mapping[TP, int]) -> None:
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        for (topic, partition), position in positions.items():
            tp = TopicPartition(topic, partition)
            if tp in assigned:
                consumer.seek(tp, position)
                consumer.resume(tp)

    async def hold(self, tps: frozenset[TP]) -> None:
        """Stop fetching these partitions."""
        async with deadline(self.consumer.options.deadline_s, "holding a partition"):
            await self.in_thread(self._hold(tps))

    async def _hold(self, tps: frozenset[TP]) -> None:
        consumer = self._ensure_consumer()
        consumer.pause(*(TopicPartition(*tp) for tp in tps if tp in consumer.assignment()))

    async def committed(self, tps: list[TP]) -> dict[TP, int | None]:
        """The offsets that this group was told: they say how far a state must reach at least."""
        return await self.in_thread(self._committed(tps))

    async def _committed(self, tps: list[TP]) -> dict[TP, int | None]:
        consumer = self._ensure_consumer()
        offsets = await asyncio.gather(*(consumer.committed(TopicPartition(*tp)) for tp in tps))
        return dict(zip(tps, offsets, strict=True))

    async def commit_positions(self, positions: Mapping[TP, int]) -> None:
        """Tell the group how far committed markers are: for lag tools, and for whoever takes over.

        After a failure it knows less than it could; nothing is ever started from it.
        """
        offsets = {TopicPartition(*tp): OffsetAndMetadata(position, "") for tp, position in positions.items()}
        try:
            await self.in_thread(self._commit_positions(offsets))
        except KafkaError as error:
            self.log.info("Positions not told to the group: %s", type(error).__name__)

    async def _commit_positions(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
        consumer = self._ensure_consumer()
        assigned = consumer.assignment()
        mine = {tp: offset for tp, offset in offsets.items() if tp in assigned}
        # Whoever belongs to no generation is believed while the group is empty, whatever has happened meanwhile.
        if mine and self.generation() >= 0:
            await consumer.commit(mine)


class BatchConsumer(driver.Consumer):
    """Faust's consumer with whole batches, the gate and the shards' own positions."""

    RebalanceListener: ClassVar[Any] = Listener
    consumer_thread = None
    _thread: BatchThread

    def __init__(self, transport: "BatchTransport", *args: Any, **kwargs: Any) -> None:
        self.options: TransportOptions = transport.options
        super().__init__(transport, *args, **kwargs)

    @property
    def thread(self) -> BatchThread:
        """The consumer's thread, for seeks and committed offsets."""
        return self._thread

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def _drain_messages(self, fetcher: Any) -> None:
        gate = self.options.gate
        watchdog, checked_at = Watchdog(), 0.0
        dropped = False
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            if not self.flow_active:
                await self.wait(self.can_resume_flow.wait())
                continue
            if not gate.open:
                await gate.wait_changed(_POLL_S)
                continue
            if dropped:
                # The consumer has gone past what was dropped, and on a quiet partition nothing else would notice.
                dropped = False
                await self.perform_seek()
            generation = self.app.consumer_generation_id
            for fetched in await self._thread.fetch(gate.open):
                dropped = dropped or self._is_stale(generation) or TP(*fetched.tp) not in gate.open
                if not dropped:
                    await self._deliver(Batch(fetched), generation)
            if loop_s() - checked_at > _CHECK_S and not self._is_stale(generation):
                checked_at = loop_s()
                watchdog.check(self._thread.last_answers(gate.open), checked_at)

    def _is_stale(self, generation: int) -> bool:
        """Whether a rebalance began since; what is dropped for it is read again, from the shards' positions."""
        return not self.flow_active or generation != self.app.consumer_generation_id

    async def _deliver(self, batch: Batch, generation: int) -> None:
        message = ConsumerMessage(
            batch.topic,
            batch.partition,
            batch.next_position,
            0.0,
            0,
            None,
            None,
            batch,  # type: ignore[arg-type]  # Faust hands it through: its raw codec looks at nothing
            None,
            0,
            0,
            TP(batch.topic, batch.partition),
            generation_id=generation,
        )
        # A delivery that waits for a busy agent must not hold up a rebalance.
        await self.wait_first(self.callback(message), self.suspend_flow.wait())

    async def perform_seek(self) -> None:
        """Faust wants to go back to what was committed: go to where the open shards are instead."""
        await self._thread.seek_and_resume(self.options.positions())

    def ack(self, message: Any) -> bool:
        """Nothing to keep: an event is done when the transaction that holds it is committed."""
        message.acked = True
        self._unacked_messages.discard(message)
        waiting = self._waiting_for_ack
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
        return True

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:  # noqa: FBT001, FBT002
        """Tell the group the positions that are in settled markers."""
        del topics, start_new_transaction
        await self._thread.commit_positions(self.options.settled_positions())
        return True

    async def verify_all_partitions_active(self) -> None:
        """Faust's own detector knows committed offsets only and would cry wolf."""


class BatchTransport(driver.Transport):
    """The transport of the worker: `app.transport = BatchTransport(url, app, options)`."""

    Consumer: ClassVar[Any] = BatchConsumer

    def __init__(self, url: Any, app: Any, options: "TransportOptions") -> None:
        self.options = options
        super().__init__(url, app)


class TransportOptions:
    """What the transport must be told, and whom it asks for positions."""

    def __init__(
        self,
        *,
        brokers: str,
        partitions: int,
        fetch_wait_s: float,
        session_timeout_s: float,
        drain_timeout_s: float,
        deadline_s: float,
        gate: Gate,
        consumer: Callable[..., AIOKafkaConsumer] = AIOKafkaConsumer,
    ) -> None:
        self.deadline_s = deadline_s
        self.brokers = brokers
        self.drain_timeout_s = drain_timeout_s
        self.partitions = partitions
        self.fetch_wait_s = fetch_wait_s
        self.session_timeout_s = session_timeout_s
        self.gate = gate
        self.consumer = consumer
        self.positions: Callable[[], Mapping[TP, int]] = dict
        self.settled_positions: Callable[[], Mapping[TP, int]] = dict
