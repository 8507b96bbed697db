"""Clients that join no consumer group and leave nothing open, whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaTimeoutError

from streams.engine.fetch import stop_consumer
from streams.settings import Settings

_FETCH_WAIT_MS = 100
"""A request that the broker holds back stands in the way of the next one, when other partitions are wanted."""
_BATCH_BYTES = 131_072
"""Room for the largest response and its neighbours; what a producer holds is at most two of these per partition."""


@asynccontextmanager
async def admin_client(settings: Settings) -> AsyncIterator[Any]:
    """Give an admin client that is connected. KafkaError where Kafka cannot be reached or does not answer in time."""
    admin = AIOKafkaAdminClient(**_common(settings))
    try:
        await admin.start()
        yield admin
    except TimeoutError as error:
        raise KafkaTimeoutError("Kafka did not answer in time") from error
    finally:
        await admin.close()


@asynccontextmanager
async def reader(settings: Settings, isolation: Literal["read_committed", "read_uncommitted"]) -> AsyncIterator[Any]:
    """Give a consumer that is connected, has no partitions yet and commits nothing. KafkaError without Kafka.

    Its `end_offsets` are the last stable offsets in read_committed, the ends of the logs in read_uncommitted.
    """
    consumer = AIOKafkaConsumer(
        **_common(settings),
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=_FETCH_WAIT_MS,
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await stop_consumer(consumer)


@asynccontextmanager
async def writer(settings: Settings) -> AsyncIterator[Any]:
    """Give a producer that is connected: idempotent, all replicas in step acknowledge, murmur2 of the key.

    Await the futures of what was sent before leaving: leaving waits for what is under way no longer than
    NPS_REQUEST_TIMEOUT, for aiokafka would try again for ever. KafkaError without Kafka.
    """
    producer = AIOKafkaProducer(**_common(settings), acks="all", enable_idempotence=True, max_batch_size=_BATCH_BYTES)
    try:
        await producer.start()
        yield producer
    finally:
        try:
            async with asyncio.timeout(settings.request_timeout):
                await producer.stop()
        except TimeoutError:
            await producer.client.close()


def _common(settings: Settings) -> dict[str, Any]:
    return {
        "bootstrap_servers": settings.brokers,
        "client_id": settings.app_id,
        "request_timeout_ms": round(settings.request_timeout * 1000),
    }
