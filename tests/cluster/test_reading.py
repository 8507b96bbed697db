"""Reading a topic to its end, on a real broker."""

import asyncio
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError, UnknownTopicOrPartitionError

from streams.cluster.reading import read_topic
from streams.cluster.topics import create_topics
from streams.settings import Settings
from streams.topology import ALERTS
from tests.conftest import Kafka

pytestmark = pytest.mark.kafka


@pytest.fixture
async def settings(kafka: Kafka, unique: str) -> Settings:
    """A deployment of this test's own."""
    settings = Settings(brokers=kafka.bootstrap, topic_prefix=f"{unique}.", partitions=3)
    await create_topics(settings)
    return settings


async def write(settings: Settings, *values: bytes, commit: bool = True) -> None:
    """One transaction, spread over the partitions."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, transactional_id=f"{settings.topic_prefix}test")
    await producer.start()
    try:
        await producer.begin_transaction()
        for number, value in enumerate(values):
            await producer.send_and_wait(settings.topic(ALERTS.name), value, partition=number % settings.partitions)
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()


async def read(settings: Settings, **options: Any) -> list[bytes]:
    """All values that are read, sorted: partitions are read in any order."""
    values: list[bytes] = []
    await read_topic(settings, settings.topic(ALERTS.name), lambda record: values.append(record.value), **options)
    return sorted(values)


async def test_an_empty_topic_ends_at_once(settings: Settings) -> None:
    """There is nothing to wait for."""
    assert [] == await read(settings)


async def test_what_is_committed_is_read_to_the_end(settings: Settings) -> None:
    """Aborted records are left out, also where they are the last."""
    await write(settings, b"1", b"2", b"3", b"4")
    await write(settings, b"never", commit=False)
    assert [b"1", b"2", b"3", b"4"] == await read(settings)


async def test_following_gives_what_comes_after_the_beginning(settings: Settings) -> None:
    """From now on: what was there before is left out, what comes is handed over until somebody stops it."""
    await write(settings, b"before")
    seen: asyncio.Queue[bytes] = asyncio.Queue()
    started = asyncio.Event()

    async def follow() -> None:
        await read_topic(
            settings,
            settings.topic(ALERTS.name),
            lambda record: seen.put_nowait(record.value),
            from_start=False,
            follow=True,
            positioned=started.set,
        )

    following = asyncio.create_task(follow())
    try:
        await asyncio.wait_for(started.wait(), 30)
        await write(settings, b"after")
        assert b"after" == await asyncio.wait_for(seen.get(), 30)
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_a_missing_topic_is_an_error_of_its_own(settings: Settings) -> None:
    """It does not read as if it were empty."""
    with pytest.raises(UnknownTopicOrPartitionError):
        await read_topic(settings, f"{settings.topic_prefix}nope", lambda record: None)


async def test_a_missing_kafka_is_an_error_of_its_own() -> None:
    """It is not waited for."""
    with pytest.raises(KafkaConnectionError):
        await read_topic(Settings(brokers="127.0.0.1:1"), "any", lambda record: None)
