"""A consumer for the toy broker, with the methods of aiokafka's that the engine calls, and its fetcher's seams.

Positions, pauses and assignments are aiokafka's own `SubscriptionState`; fetched bytes are parsed by aiokafka's own
`PartitionRecords` and drained by the engine's `fetch`. Only what asks the broker is made here: a fetch waits at the
broker until there is something, and its answer counts only where the position is still the one asked for.
"""

import asyncio
from collections.abc import Iterable, Mapping
from contextvars import copy_context
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, FetchError, FetchResult, PartitionRecords
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import OffsetOutOfRangeError, RequestTimedOutError
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.structs import OffsetAndMetadata

from tests.simulation.broker import Broker
from tests.simulation.network import Network
from tests.simulation.partition_log import Fetched, PartitionLog

_SIGN_OF_LIFE_S = 15.0
"""A fetch that waits at the broker is answered without data after this."""


class ToyFetcher:
    """What `streams.engine.fetch` looks at of aiokafka's fetcher, and the fetching behind it."""

    def __init__(
        self, network: Network, broker: Broker, subscriptions: SubscriptionState, *, committed: bool, timeout_s: float
    ) -> None:
        self._records: dict[TopicPartition, Any] = {}
        self._subscriptions = subscriptions
        self._wait_consume_future = None
        self._network = network
        self._broker = broker
        self._committed = committed
        self._timeout_s = timeout_s
        self._asked: dict[TopicPartition, tuple[int, object]] = {}
        """The position that is being asked for, by partition, and a token for that question."""
        self._waiters: list[asyncio.Future[None]] = []
        self._assignment: Any = None
        self._states: list[tuple[TopicPartition, Any]] = []
        """The partitions of that assignment in order, with aiokafka's state of each: both last as long as it does."""
        self._waking = False
        self.stopped = False
        subscriptions.register_fetch_waiters([])

    def _create_fetch_waiter(self) -> "asyncio.Future[None]":
        waiter = self._network.loop.create_future()
        self._waiters.append(waiter)
        return waiter

    def _notify(self, _: object) -> None:
        self.wake()

    def wake(self) -> None:
        """Positions, pauses or buffers changed: ask for whatever may be asked for."""
        if not self._waking:
            self._waking = True
            self._network.loop.call_soon(self._pump)

    def _pump(self) -> None:
        self._waking = False
        subscription = self._subscriptions.subscription
        if self.stopped or subscription is None or subscription.assignment is None:
            return
        assignment = subscription.assignment
        if assignment is not self._assignment:
            self._assignment = assignment
            self._states = [(tp, assignment.state_value(tp)) for tp in sorted(assignment.tps)]
        for tp, state in self._states:
            if tp in self._records or state.paused or not state.has_valid_position:
                continue
            if tp not in self._asked or self._asked[tp][0] != state.position:
                token = object()
                self._asked[tp] = (state.position, token)
                self._ask(assignment, tp, state.position, token)

    def _ask(self, assignment: Any, tp: TopicPartition, position: int, token: object) -> None:
        """Read now, or as soon as there is something; reading changes nothing, so the way there takes no time."""
        log = self._broker.log(tp)
        context = copy_context()
        loop = self._network.loop

        def read(*, at_last: bool = False) -> None:
            if self.stopped or self._asked.get(tp, (0, None))[1] is not token:
                return
            try:
                fetched = log.fetch(position, committed=self._committed)
            except OffsetOutOfRangeError as error:
                loop.call_soon(self._fail, assignment, tp, error, token, context=context.copy())
                return
            if fetched.raw:
                context.copy().run(self._deliver, assignment, tp, position, fetched, token)
            elif at_last:
                loop.call_soon(self._answer, assignment, tp, position, fetched, token, context=context.copy())
            else:
                log.waiting.append(read)

        read()
        if log.waiting and log.waiting[-1] is read:
            self._network.later(_SIGN_OF_LIFE_S, lambda: read(at_last=True))

    def _deliver(self, assignment: Any, tp: TopicPartition, position: int, fetched: Fetched, token: object) -> None:
        def done(arrived: bool) -> None:
            if arrived:
                self._answer(assignment, tp, position, fetched, token)
            elif self._asked.get(tp, (0, None))[1] is token:
                del self._asked[tp]
                self.wake()

        self._network.deliver(f"Fetch {tp.topic}[{tp.partition}] from {position}", done, self._timeout_s)

    def _answer(self, assignment: Any, tp: TopicPartition, position: int, fetched: Fetched, token: object) -> None:
        if self.stopped or self._asked.get(tp, (0, None))[1] is not token:
            return
        del self._asked[tp]
        self.wake()
        state = assignment.state_value(tp)
        if not assignment.active or state is None or not state.has_valid_position or state.position != position:
            return
        state.highwater, state.lso = fetched.end, fetched.stable_end
        state.timestamp = int(self._network.loop.time() * 1000)
        if not fetched.raw:
            return
        level = READ_COMMITTED if self._committed else READ_UNCOMMITTED
        records = PartitionRecords(
            tp,
            MemoryRecords(fetched.raw),
            fetched.aborted,
            position,
            None,
            None,
            check_crcs=True,
            isolation_level=level,
        )
        self._records[tp] = FetchResult(tp, assignment=assignment, partition_records=records, backoff=0)
        self._tell()

    def _fail(self, assignment: Any, tp: TopicPartition, error: Exception, token: object) -> None:
        if self._asked.get(tp, (0, None))[1] is token and assignment.active:
            del self._asked[tp]
            self._records[tp] = FetchError(error=error, backoff=0)
            self._tell()

    def _tell(self) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)


class ToyConsumer:
    """One consumer, of a group or of none."""

    def __init__(
        self,
        network: Network,
        broker: Broker,
        *,
        group_id: str | None = None,
        isolation_level: str = "read_uncommitted",
        request_timeout_ms: int = 40_000,
        **_: Any,
    ) -> None:
        self._network = network
        self._broker = broker
        self._group_id = group_id
        self._timeout_s = request_timeout_ms / 1000
        self._stable = isolation_level == "read_committed"
        self._subscription = SubscriptionState(loop=network.loop)
        self._coordinator = SimpleNamespace(generation=-1, check_errors=lambda: None)
        self._fetcher = ToyFetcher(
            network, broker, self._subscription, committed=self._stable, timeout_s=self._timeout_s
        )

    async def start(self) -> None:
        await self._network.ask("Metadata", lambda: None)

    async def stop(self) -> None:
        self._fetcher.stopped = True

    def assign(self, tps: Iterable[TopicPartition]) -> None:
        self._subscription.assign_from_user(list(tps))
        self._fetcher.wake()

    def assignment(self) -> set[TopicPartition]:
        return set(self._subscription.assigned_partitions())

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self._subscription.seek(tp, offset)
        self._fetcher.wake()

    def pause(self, *tps: TopicPartition) -> None:
        for tp in tps:
            self._subscription.pause(tp)

    def resume(self, *tps: TopicPartition) -> None:
        for tp in tps:
            self._subscription.resume(tp)
        self._fetcher.wake()

    def last_stable_offset(self, tp: TopicPartition) -> int | None:
        lso: int | None = self._subscription.subscription.assignment.state_value(tp).lso
        return lso

    async def beginning_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return await self._bounds("the starts", list(tps))

    async def end_offsets(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        return await self._bounds("the ends", list(tps))

    async def committed(self, tp: TopicPartition) -> int | None:
        group = self._group_id
        assert group is not None
        offset: int | None = await self._ask(
            f"OffsetFetch {tp.topic}[{tp.partition}]", lambda: self._broker.offsets.get((group, tp))
        )
        return offset

    async def commit(self, offsets: Mapping[TopicPartition, OffsetAndMetadata]) -> None:
        group = self._group_id
        assert group is not None
        positions = {(group, tp): offset.offset for tp, offset in offsets.items()}
        await self._ask("OffsetCommit", lambda: self._broker.offsets.update(positions))

    async def _bounds(self, which: str, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        def bound(log: PartitionLog) -> int:
            if which == "the starts":
                return log.start
            return log.stable_end if self._stable else log.end

        result: dict[TopicPartition, int] = await self._ask(
            f"ListOffsets of {which}", lambda: {tp: bound(self._broker.log(tp)) for tp in tps}
        )
        return result

    async def _ask(self, what: str, apply: Any) -> Any:
        """A request that is made again until there is an answer, as aiokafka does."""
        while True:
            try:
                return await self._network.ask(what, apply, timeout_s=self._timeout_s)
            except RequestTimedOutError:
                await asyncio.sleep(0.1)
