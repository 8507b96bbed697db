"""What an operator, a backup or an accident may do to the topics of a deployment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import InvalidTxnState

from streams.cluster.connection import admin_client, reader, writer
from streams.cluster.reading import read_span
from streams.cluster.topics import create_topics
from streams.engine import marker
from streams.engine.marker import Marker, Source
from streams.settings import Settings
from streams.topology import AGENTS, STATE, Topic
from tests.kafka.waiting import until


async def recreate(settings: Settings, topic: Topic) -> None:
    """Delete a topic with all that is in it, and make it anew."""
    name = settings.topic(topic.name)
    async with admin_client(settings) as admin:
        await admin.delete_topics([name])

        async def gone() -> bool:
            return name not in await admin.list_topics()

        await until(f"{name} is gone", gone)
    assert (await create_topics(settings)).good


async def delete_before(settings: Settings, topic: Topic, partition: int, offset: int) -> None:
    """Delete the records before an offset, as retention does."""
    tp = TopicPartition(settings.topic(topic.name), partition)
    async with admin_client(settings) as admin:
        await admin.delete_records({tp: RecordsToDelete(offset)})


async def configure(settings: Settings, topic: Topic, **changes: str) -> None:
    """Give a topic the configuration it should have, with changes (an underscore stands for a dot)."""
    config = {**topic.settings(), **{name.replace("_", "."): value for name, value in changes.items()}}
    async with admin_client(settings) as admin:
        resource = ConfigResource(ConfigResourceType.TOPIC, settings.topic(topic.name), configs=config)
        (answer,) = await admin.alter_configs([resource])
        assert [0] == [code for code, *_ in answer.resources], answer


async def cluster_id(settings: Settings) -> str:
    """The cluster that a deployment is on."""
    async with admin_client(settings) as admin:
        return str((await admin.describe_cluster())["cluster_id"])


async def write_row(settings: Settings, shard: int, key: bytes, value: bytes) -> None:
    """Write a row into a shard's state, as nobody but its owner should."""
    async with writer(settings) as producer:
        await producer.send_and_wait(settings.topic(STATE.name), value, key=key, partition=shard)


async def rows(settings: Settings) -> dict[int, list[tuple[bytes, bytes]]]:
    """The rows of every shard's state, oldest first."""
    tps = [TopicPartition(settings.topic(STATE.name), shard) for shard in range(settings.partitions)]
    found: dict[int, list[tuple[bytes, bytes]]] = {tp.partition: [] for tp in tps}
    async with reader(settings, "read_committed") as consumer:
        starts, ends = await consumer.beginning_offsets(tps), await consumer.end_offsets(tps)
        await read_span(
            consumer, starts, ends, lambda record: found[record.partition].append((record.key, record.value))
        )
    return found


async def write_marker(settings: Settings, shard: int, sources: dict[str, Source], **changes: Any) -> None:
    """Write the marker of a former owner: of this very deployment, but for the changes."""
    kept = Marker(
        settings.app_id,
        await cluster_id(settings),
        settings.partitions,
        {settings.topic(agent.reads.name): sources.get(agent.reads.name, Source(0)) for agent in AGENTS},
    )
    for name, value in changes.items():
        setattr(kept, name, value)
    await write_row(settings, shard, marker.KEY, kept.encode())


async def is_gone(settings: Settings, topic: Topic, partition: int, offset: int) -> bool:
    """Whether a partition has gone on behind an offset and does not hold it any more."""
    tp = TopicPartition(settings.topic(topic.name), partition)
    found: list[int] = []
    async with reader(settings, "read_committed") as consumer:
        starts, ends = await consumer.beginning_offsets([tp]), await consumer.end_offsets([tp])
        await read_span(consumer, starts, ends, lambda record: found.append(record.offset))
    return ends[tp] > offset and offset not in found


@asynccontextmanager
async def transaction(settings: Settings, name: str) -> AsyncIterator[Any]:
    """Give a producer in the middle of a transaction; it is aborted at the end."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.brokers, transactional_id=f"{name}-foreign", transaction_timeout_ms=120_000
    )
    await producer.start()
    try:
        await producer.begin_transaction()
        yield producer
        await producer.abort_transaction()
    finally:
        await producer.stop()


@asynccontextmanager
async def foreign_transaction(settings: Settings, name: str, *shards: int) -> AsyncIterator[None]:
    """Keep a transaction of somebody else open in the state of shards."""
    async with transaction(settings, name) as producer:
        for shard in shards:
            await producer.send_and_wait(settings.topic(STATE.name), b"?", key=b"foreign", partition=shard)
        yield


@asynccontextmanager
async def unverified(settings: Settings) -> AsyncIterator[None]:
    """Have a Kafka that takes data for transactions which its coordinator knows nothing of, as all did before 3.6."""

    async def verify(*, enabled: bool) -> None:
        wanted = {"transaction.partition.verification.enable": str(enabled).lower()}
        _, answer = await admin.alter_configs([ConfigResource(ConfigResourceType.BROKER, "1", configs=wanted)])
        assert [0] == [code for code, *_ in answer.resources], answer

    async with admin_client(settings) as admin:
        await verify(enabled=False)
        try:
            yield
        finally:
            await verify(enabled=True)


async def forget(settings: Settings, shard: int, *written: tuple[Topic, bytes, bytes]) -> None:
    """Have a former owner of a shard write keys and values in a transaction that Kafka forgets to end.

    What is left is what a dropped marker leaves: records under the shard's producer id, and a coordinator that holds
    the transaction for ended. Here it was never told of the partitions.
    """

    async def forgotten() -> bool:
        producer = AIOKafkaProducer(
            bootstrap_servers=settings.brokers, transactional_id=f"{settings.app_id}-{shard}", acks="all"
        )
        await producer.start()
        try:
            await producer.begin_transaction()
            for topic, key, value in written:
                tp = TopicPartition(settings.topic(topic.name), shard)
                producer._txn_manager.txn_partitions.add(tp)
                await producer.send_and_wait(*tp[:1], value, key=key, partition=shard)
        except InvalidTxnState:
            return False  # Kafka says that it verifies no more before it has stopped to
        finally:
            await producer.stop()
        return True

    async with unverified(settings):
        await until("Kafka takes what its coordinator knows nothing of", forgotten)
