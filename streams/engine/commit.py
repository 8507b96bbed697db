"""One transaction per commit: outputs, rows and, last in the changelog, the marker.

Every send is awaited and checked before the transaction ends: aiokafka would commit happily when one of two batches
had failed. The append time of the marker's batch must lie within a minute of this worker's own clock, because timers
are decided by that clock; where it does not, nothing is published and the process ends.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.errors import IllegalOperation

from streams.engine import marker
from streams.engine.clock import loop_s
from streams.engine.config import EngineConfig
from streams.engine.ending import span
from streams.engine.failure import Broken, deadline
from streams.engine.settling import Settling
from streams.engine.state import Headers, Outputs, Row

BATCH_BYTES_MAX = 900_000
"""Below Kafka's 1 MiB: larger batches cost less per record, and a transaction holds as many as it needs."""
REQUEST_BYTES_MAX = 16 << 20
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

    def __init__(self, producer: AIOKafkaProducer, config: EngineConfig, shard: int, settling: Settling) -> None:
        self._producer = producer
        self._config = config
        self._shard = shard
        self._settling = settling

    async def commit(self, outputs: Outputs, rows: list[Row], marker_row: bytes) -> Committed:
        """Write it all or nothing. Raises whatever went wrong: nobody may go on after that."""
        assert all(topic in self._config.outputs for topic, _ in outputs), "a takeover would not settle that topic"
        sent_s = self._config.now()
        timestamp_ms = int(sent_s * 1000)
        started = loop_s()
        producer = self._producer
        await producer.begin_transaction()
        span(producer, self._settling.unconfirmed)
        changelog: list[_Record] = [(key, value, None, _NO_HEADERS) for key, value in rows]
        changelog.append((marker.KEY, marker_row, None, _NO_HEADERS))
        results = await asyncio.gather(*await self._send_all(outputs, changelog, timestamp_ms))
        last = results[-1]
        self._check_clock(last, sent_s)
        await producer.commit_transaction()
        self._settling.doubt(results, took_s=loop_s() - started)
        # The base offset of the batch with the marker: never too high, and that is all it is for.
        records = len(changelog) + sum(map(len, outputs.values()))
        return Committed(last.offset + 1, records)  # type: ignore[attr-defined]

    async def close(self) -> None:
        """Close the producer; what it left open is settled by the next owner."""
        await close_producer(self._producer, self._config)

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
