"""One transaction per commit: outputs, rows and, last in the changelog, the marker.

Every send is awaited and checked before the transaction ends: aiokafka would commit happily when one of two batches
had failed. The append time of the marker's batch must lie within a minute of this worker's own clock, because timers
are decided by that clock; where it does not, nothing is published and the process ends.
"""

import asyncio
import logging
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import IllegalOperation, KafkaError

from streams.engine import marker
from streams.engine.clock import loop_s
from streams.engine.config import EngineConfig
from streams.engine.ending import commit_again, span
from streams.engine.failure import Broken, deadline
from streams.engine.lookup import Lookup
from streams.engine.state import Headers, Outputs, Row

log = logging.getLogger(__name__)

BATCH_BYTES_MAX = 900_000
"""Below Kafka's 1 MiB: larger batches cost less per record, and a transaction holds as many as it needs."""
REQUEST_BYTES_MAX = 16 << 20
_OUTAGE = 0.1
"""A commit that takes this part of the transaction timeout may have met a broker that was away."""
_LOOK = 0.2
"""After this part of it somebody looks whether what was committed is settled."""
_STUCK = 0.02
"""What does not move for this part of it is not on its way any more."""
_LOOK_DOUBLINGS_MAX = 3
_ANSWER = 0.1
"""No commit and no hand-over waits longer than this part of it for an answer about those before."""
_NO_HEADERS: Headers = []
_Record = tuple[bytes | None, bytes | None, int | None, Headers]


class Committed(NamedTuple):
    """Where the changelog goes on after a commit, and how many records it wrote."""

    state_position: int
    records: int


def new_producer(config: EngineConfig, shard: int) -> AIOKafkaProducer:
    """The shard's producer; starting it fences the previous one and settles what that left open."""
    return config.producer(
        **config.client(),
        transactional_id=f"{config.app_id}-{shard}",
        transaction_timeout_ms=int(config.transaction_timeout_s * 1000),
        acks="all",
        enable_idempotence=True,
        max_batch_size=BATCH_BYTES_MAX,
        max_request_size=REQUEST_BYTES_MAX,
    )


async def close_producer(producer: AIOKafkaProducer, config: EngineConfig) -> None:
    """Close a producer; one that cannot be closed in time ends the process, since it would go on retrying."""
    async with deadline(config.drain_timeout_s, "closing a producer"):
        await producer.stop()


class Writer:
    """Writes the transactions of one shard, one at a time."""

    def __init__(self, producer: AIOKafkaProducer, config: EngineConfig, shard: int) -> None:
        self._producer = producer
        self._config = config
        self._shard = shard
        self._state = TopicPartition(config.state, shard)
        self._unconfirmed: dict[TopicPartition, float] = {}
        """Where the end of a commit was not seen yet, with the offset of the last batch there."""
        self._open: dict[TopicPartition, tuple[int, float]] = {}
        """What was open before that, anybody's: from which offset on, and since when nothing of it has moved."""
        self._was_away = False
        self._insisted = 0
        self._look_at_s = math.inf

    async def commit(self, outputs: Outputs, rows: list[Row], marker_row: bytes) -> Committed:
        """Write it all or nothing. Raises whatever went wrong: nobody may go on after that."""
        assert all(topic in self._config.outputs for topic, _ in outputs), "a takeover would not settle that topic"
        sent_s = self._config.now()
        timestamp_ms = int(sent_s * 1000)
        started = loop_s()
        producer = self._producer
        await producer.begin_transaction()
        span(producer, self._unconfirmed)
        changelog: list[_Record] = [(key, value, None, _NO_HEADERS) for key, value in rows]
        changelog.append((marker.KEY, marker_row, None, _NO_HEADERS))
        results = await asyncio.gather(*await self._send_all(outputs, changelog, timestamp_ms))
        last = results[-1]
        self._check_clock(last, sent_s)
        await producer.commit_transaction()
        self._doubt(results, took_s=loop_s() - started)
        # The base offset of the batch with the marker: never too high, and that is all it is for.
        records = len(changelog) + sum(map(len, outputs.values()))
        return Committed(last.offset + 1, records)  # type: ignore[attr-defined]

    async def close(self) -> None:
        """Close the producer; what it left open is settled by the next owner."""
        await close_producer(self._producer, self._config)

    def look_in_s(self) -> float:
        """How long until it is time to look after what was committed; infinite where nothing was since."""
        return self._look_at_s - loop_s()

    async def look(self, lookup: Lookup) -> bool:
        """Whether the rows and the marker of the last commit are settled: whoever takes over will find them.

        To be asked between two commits: once the next has begun it may take this one with it. Where Kafka does not
        answer, nobody knows.
        """
        try:
            async with asyncio.timeout(self._config.transaction_timeout_s * _ANSWER):
                open_at = await lookup.unsettled(self._unconfirmed)
        except (KafkaError, TimeoutError):
            self._look_at_s = loop_s() + self._pause_s()
            return False
        now_s = loop_s()
        # Whatever was open when a batch of ours was written, its own transaction included, begins no later than it.
        self._unconfirmed = {
            tp: last for tp, last in self._unconfirmed.items() if tp in open_at and open_at[tp] <= last
        }
        known = self._open
        self._open = {}
        for tp in self._unconfirmed:
            at, since_s = known.get(tp, (-1, now_s))
            self._open[tp] = (open_at[tp], since_s if at == open_at[tp] else now_s)
        if self.is_settled:
            self._was_away, self._insisted = False, 0
        self._look_at_s = math.inf if self.is_settled else now_s + self._pause_s()
        return self._state not in self._unconfirmed

    @property
    def is_settled(self) -> bool:
        """Whether every commit was seen to have ended, in all its partitions."""
        return not self._unconfirmed

    async def insist(self) -> None:
        """Commit once more what was committed, and is not settled still: Kafka may have dropped a marker.

        All of it, also where it may be on its way: one that is settled in part would be torn, were this process to die.
        No commit may be under way. Raises as `commit` does.
        """
        stuck_since_s = loop_s() - self._config.transaction_timeout_s * _STUCK
        if all(since_s > stuck_since_s for _, since_s in self._open.values()):
            return
        if not self._insisted:
            open_at = {f"{tp.topic}[{tp.partition}]": at for tp, (at, _) in self._open.items()}
            log.warning("Not settled: committed once more", extra={"shard": self._shard, "open_at": open_at})
        self._insisted += 1
        self._was_away, self._open = False, {}
        self._look_at_s = loop_s() + self._pause_s()
        await commit_again(self._producer, self._unconfirmed)

    def _doubt(self, results: Iterable[object], *, took_s: float) -> None:
        for sent in results:
            tp, offset = sent.topic_partition, sent.offset  # type: ignore[attr-defined]
            # Sent twice and known to be there, but not where.
            self._unconfirmed[tp] = offset if offset >= 0 else math.inf
        self._was_away = self._was_away or took_s > self._config.transaction_timeout_s * _OUTAGE
        self._look_at_s = min(self._look_at_s, loop_s() + self._pause_s())

    def _pause_s(self) -> float:
        """How long until the next look: a foreign transaction may be open for long, and nothing can be done then."""
        part = _STUCK if self._was_away else _LOOK * 2 ** min(self._insisted, _LOOK_DOUBLINGS_MAX)
        return self._config.transaction_timeout_s * part

    async def _send_all(
        self, outputs: Outputs, changelog: list[_Record], timestamp_ms: int
    ) -> list[asyncio.Future[object]]:
        """Send it, the changelog last; gives what is to be awaited."""
        sends: list[asyncio.Future[object]] = []
        try:
            for (topic, partition), out in outputs.items():
                await self._send(sends, topic, partition, out, timestamp_ms)
            await self._send(sends, self._config.state, self._shard, changelog, timestamp_ms)
        except IllegalOperation:
            # A transaction that has failed takes nothing more; why it has failed is said elsewhere.
            await self._producer._txn_manager.wait_for_transaction_end()
            raise
        return sends

    async def _send(
        self, sends: list[asyncio.Future[object]], topic: str, partition: int, out: Sequence[_Record], timestamp_ms: int
    ) -> None:
        producer = self._producer
        batch = producer.create_batch()
        for key, value, own_ms, headers in out:
            at = timestamp_ms if own_ms is None else own_ms
            if batch.append(timestamp=at, key=key, value=value, headers=headers) is None:
                sends.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                if batch.append(timestamp=at, key=key, value=value, headers=headers) is None:
                    message = f"a record for {topic} does not fit into a batch of its own"
                    raise Broken(message)
        sends.append(await producer.send_batch(batch, topic, partition=partition))

    def _check_clock(self, last: object, sent_s: float) -> None:
        if getattr(last, "timestamp_type", None) != 1:
            message = f"{self._config.state} must have message.timestamp.type=LogAppendTime"
            raise Broken(message)
        append_s = last.timestamp / 1000  # type: ignore[attr-defined]
        acked_s = self._config.now()
        skew_max_s = self._config.clock_skew_max_s
        if not sent_s - skew_max_s <= append_s <= acked_s + skew_max_s:
            message = (
                f"the clocks of this worker and the broker differ by {append_s - acked_s:+.0f} s "
                f"(at most {skew_max_s:.0f} s): nothing was published; set the clock right"
            )
            raise Broken(message)
