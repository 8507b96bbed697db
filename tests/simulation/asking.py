"""What the claims about brokers are made of: sending as the engine does, reading by the engine's own fetch."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import TopicPartition

from streams.engine.fetch import fetch
from tests.simulation.clusters import Cluster

_WITHIN_S = 30.0
LATELY_MS = int(time.time() * 1000) - 10_000
"""Older records would be deleted at once."""


@asynccontextmanager
async def started(*clients: Any) -> AsyncIterator[None]:
    """Clients that are started, and stopped in the end."""
    try:
        for client in clients:
            await client.start()
        yield
    finally:
        for client in clients:
            await asyncio.wait_for(client.stop(), 10)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Ask until the answer is true, half a minute at most."""
    async with asyncio.timeout(_WITHIN_S):
        while not await condition():
            await asyncio.sleep(0.05)


async def send(
    producer: Any, tp: TopicPartition, *values: bytes, timestamp_ms: int = LATELY_MS, key: bytes = b"k"
) -> Any:
    """Send values as one batch, as the engine does; gives where it stands."""
    batch = producer.create_batch()
    for value in values:
        assert batch.append(timestamp=timestamp_ms, key=key, value=value, headers=[]) is not None
    return await (await producer.send_batch(batch, tp.topic, partition=tp.partition))


async def commit(producer: Any, tp: TopicPartition, *values: bytes, key: bytes = b"k") -> None:
    """Send values in a transaction of their own."""
    await producer.begin_transaction()
    await send(producer, tp, *values, key=key)
    await producer.commit_transaction()


async def read(cluster: Cluster, tp: TopicPartition, level: str, end: int, start: int = 0) -> list[Any]:
    """The records up to a position, by the engine's own fetch; waits until it is reached."""
    consumer = cluster.consumer(isolation_level=level, enable_auto_commit=False, auto_offset_reset="none")
    records: list[Any] = []
    async with started(consumer), asyncio.timeout(_WITHIN_S):
        consumer.assign([tp])
        consumer.seek(tp, start)
        position = start
        while position < end:
            for fetched in await fetch(consumer._fetcher, {tp}, 0.2, 100):
                assert position == fetched.start
                position = fetched.next_position
                records += fetched.records
    return records


async def values(cluster: Cluster, tp: TopicPartition, level: str, end: int) -> list[bytes]:
    """The values up to a position."""
    return [record.value for record in await read(cluster, tp, level, end)]


async def end_of(cluster: Cluster, tp: TopicPartition, level: str) -> int:
    """Where a partition ends for those who read at a level."""
    consumer = cluster.consumer(isolation_level=level, enable_auto_commit=False)
    async with started(consumer):
        end: int = (await consumer.end_offsets([tp]))[tp]
    return end


async def settled(cluster: Cluster, tp: TopicPartition) -> int:
    """The end of a partition, once no transaction is open there."""

    async def is_settled() -> bool:
        return await end_of(cluster, tp, "read_committed") == await end_of(cluster, tp, "read_uncommitted")

    await until(is_settled)
    return await end_of(cluster, tp, "read_committed")
