"""What the engine relies on of a broker: true of the toy one and of the real one, asked by the same methods."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata

from streams.engine.fetch import fetch
from tests.conftest import Kafka
from tests.simulation.clusters import Cluster, RealCluster, ToyCluster

_WITHIN_S = 30.0
_LATELY_MS = int(time.time() * 1000) - 10_000
"""Older records would be deleted at once."""
Claim = Callable[[Cluster, str], Coroutine[Any, Any, None]]


@pytest.fixture(params=["toy", pytest.param("real", marks=pytest.mark.kafka)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """One broker after the other."""
    if request.param == "toy":
        return ToyCluster()
    kafka: Kafka = request.getfixturevalue("kafka")
    return RealCluster(kafka.bootstrap, asyncio.run)


def claim(about: Claim) -> Callable[[Cluster, str], None]:
    """A test of a claim; the toy broker brings a loop of its own, so no other may be running."""

    @wraps(about)
    def test(cluster: Cluster, unique: str) -> None:
        cluster.run(about(cluster, unique))

    return test


@asynccontextmanager
async def _started(*clients: Any) -> AsyncIterator[None]:
    try:
        for client in clients:
            await client.start()
        yield
    finally:
        for client in clients:
            await asyncio.wait_for(client.stop(), 10)


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(_WITHIN_S):
        while not await condition():
            await asyncio.sleep(0.05)


async def _send(producer: Any, tp: TopicPartition, *values: bytes, timestamp_ms: int = _LATELY_MS) -> Any:
    """Send values as one batch, as the engine does; gives where it stands."""
    batch = producer.create_batch()
    for value in values:
        assert batch.append(timestamp=timestamp_ms, key=b"k", value=value, headers=[]) is not None
    return await (await producer.send_batch(batch, tp.topic, partition=tp.partition))


async def _commit(producer: Any, tp: TopicPartition, *values: bytes) -> None:
    await producer.begin_transaction()
    await _send(producer, tp, *values)
    await producer.commit_transaction()


async def _read(cluster: Cluster, tp: TopicPartition, level: str, end: int, start: int = 0) -> list[Any]:
    """The records up to a position, by the engine's own fetch; waits until it is reached."""
    consumer = cluster.consumer(isolation_level=level, enable_auto_commit=False, auto_offset_reset="none")
    records: list[Any] = []
    async with _started(consumer), asyncio.timeout(_WITHIN_S):
        consumer.assign([tp])
        consumer.seek(tp, start)
        position = start
        while position < end:
            for fetched in await fetch(consumer._fetcher, {tp}, 0.2, 100):
                assert position == fetched.start
                position = fetched.next_position
                records += fetched.records
    return records


async def _values(cluster: Cluster, tp: TopicPartition, level: str, end: int) -> list[bytes]:
    return [record.value for record in await _read(cluster, tp, level, end)]


async def _end(cluster: Cluster, tp: TopicPartition, level: str) -> int:
    consumer = cluster.consumer(isolation_level=level, enable_auto_commit=False)
    async with _started(consumer):
        end: int = (await consumer.end_offsets([tp]))[tp]
    return end


async def _settled(cluster: Cluster, tp: TopicPartition) -> int:
    """The end of a partition, once no transaction is open there."""

    async def is_settled() -> bool:
        return await _end(cluster, tp, "read_committed") == await _end(cluster, tp, "read_uncommitted")

    await _until(is_settled)
    return await _end(cluster, tp, "read_committed")


@claim
async def test_a_transaction_shows_when_it_is_committed(cluster: Cluster, unique: str) -> None:
    """Not before, to those who read what is committed; and its end takes an offset of its own."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique)
    async with _started(producer):
        await producer.begin_transaction()
        assert 0 == (await _send(producer, tp, b"1", b"2")).offset
        assert [b"1", b"2"] == await _values(cluster, tp, "read_uncommitted", 2)
        assert (0, 2) == (await _end(cluster, tp, "read_committed"), await _end(cluster, tp, "read_uncommitted"))
        await producer.commit_transaction()
        assert 3 == await _settled(cluster, tp)
        assert [b"1", b"2"] == await _values(cluster, tp, "read_committed", 3)
        await producer.begin_transaction()
        assert 3 == (await _send(producer, tp, b"3")).offset
        await producer.commit_transaction()
        assert 5 == await _settled(cluster, tp)


@claim
async def test_what_is_aborted_never_shows(cluster: Cluster, unique: str) -> None:
    """Except to those who read everything; positions go past it."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique)
    async with _started(producer):
        await producer.begin_transaction()
        await _send(producer, tp, b"aborted")
        await producer.abort_transaction()
        await _commit(producer, tp, b"committed")
        assert 4 == await _settled(cluster, tp)
    assert [b"committed"] == await _values(cluster, tp, "read_committed", 4)
    assert [b"aborted", b"committed"] == await _values(cluster, tp, "read_uncommitted", 4)


@claim
async def test_a_transaction_shows_in_all_its_partitions(cluster: Cluster, unique: str) -> None:
    """It is committed as a whole."""
    tps = [TopicPartition(unique, 0), TopicPartition(unique, 1)]
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique)
    async with _started(producer):
        await producer.begin_transaction()
        for tp in tps:
            await _send(producer, tp, b"x")
        assert [0, 0] == [await _end(cluster, tp, "read_committed") for tp in tps]
        await producer.commit_transaction()
        assert [2, 2] == [await _settled(cluster, tp) for tp in tps]


@claim
async def test_an_open_transaction_hides_what_is_committed_behind_it(cluster: Cluster, unique: str) -> None:
    """The last stable offset stays where it began, until it ends: it is not the end of the log."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    ours, foreign = cluster.producer(transactional_id=unique), cluster.producer(transactional_id=f"{unique}-foreign")
    async with _started(ours, foreign):
        await _commit(ours, tp, b"before")
        await _settled(cluster, tp)
        await foreign.begin_transaction()
        assert 2 == (await _send(foreign, tp, b"foreign")).offset
        await _commit(ours, tp, b"behind")

        async def is_there() -> bool:
            return 5 == await _end(cluster, tp, "read_uncommitted")

        await _until(is_there)
        assert 2 == await _end(cluster, tp, "read_committed")
        assert [b"before"] == await _values(cluster, tp, "read_committed", 2)
        await foreign.abort_transaction()
        assert 6 == await _settled(cluster, tp)
    assert [b"before", b"behind"] == await _values(cluster, tp, "read_committed", 6)


@claim
async def test_a_new_holder_of_the_id_settles_what_was_open(cluster: Cluster, unique: str) -> None:
    """When it has started, nothing of the former one is open, and nothing of it will ever show."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    former, holder = cluster.producer(transactional_id=unique), cluster.producer(transactional_id=unique)
    async with _started(former):
        await former.begin_transaction()
        await _send(former, tp, b"open")
        async with _started(holder):
            assert 2 == await _end(cluster, tp, "read_committed") == await _end(cluster, tp, "read_uncommitted")
            await _commit(holder, tp, b"new")
            assert 4 == await _settled(cluster, tp)
    assert [b"new"] == await _values(cluster, tp, "read_committed", 4)


@pytest.mark.parametrize("is_open", [False, True], ids=["idle", "in a transaction"])
def test_a_former_holder_of_the_id_is_fenced(cluster: Cluster, unique: str, is_open: bool) -> None:
    """It can neither go on with a transaction nor begin one."""

    async def fenced() -> None:
        tp = TopicPartition(unique, 0)
        await cluster.create(unique)
        former, holder = cluster.producer(transactional_id=unique), cluster.producer(transactional_id=unique)
        async with _started(former):
            await _commit(former, tp, b"1")
            if is_open:
                await former.begin_transaction()
                await _send(former, tp, b"open")
            async with _started(holder):
                late = former.commit_transaction() if is_open else _commit(former, tp, b"late")
                with pytest.raises(ProducerFenced):
                    await late
                end = await _settled(cluster, tp)
                assert [b"1"] == await _values(cluster, tp, "read_committed", end)

    cluster.run(fenced())


@claim
async def test_a_transaction_left_open_is_aborted_after_its_timeout(cluster: Cluster, unique: str) -> None:
    """And whoever left it open can commit it no more."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique, transaction_timeout_ms=1_000)
    async with _started(producer):
        await producer.begin_transaction()
        await _send(producer, tp, b"slow")
        assert 2 == await _settled(cluster, tp)
        with pytest.raises(KafkaError):
            await producer.commit_transaction()
    assert [] == await _values(cluster, tp, "read_committed", 2)


@claim
async def test_a_log_of_append_times_has_the_brokers(cluster: Cluster, unique: str) -> None:
    """In the answer to the producer and in every record, one time per batch."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique, append_time=True)
    producer = cluster.producer(transactional_id=unique)
    async with _started(producer):
        await producer.begin_transaction()
        sent = await _send(producer, tp, b"1", b"2")
        await producer.commit_transaction()
        end = await _settled(cluster, tp)
    assert (1, True) == (sent.timestamp_type, sent.timestamp > _LATELY_MS)
    records = await _read(cluster, tp, "read_committed", end)
    assert [(1, sent.timestamp)] * 2 == [(record.timestamp_type, record.timestamp) for record in records]


@claim
async def test_another_log_keeps_the_producers_times(cluster: Cluster, unique: str) -> None:
    """And the answer says that the broker gave none."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer()
    async with _started(producer):
        sent = await _send(producer, tp, b"1", timestamp_ms=_LATELY_MS + 1)
    assert (0, -1) == (sent.timestamp_type, sent.timestamp)
    (record,) = await _read(cluster, tp, "read_committed", 1)
    assert (0, _LATELY_MS + 1, b"k", []) == (record.timestamp_type, record.timestamp, record.key, record.headers)


@pytest.mark.parametrize("position", [0, 9], ids=["before the log", "behind the log"])
def test_a_position_outside_the_log_is_an_error(cluster: Cluster, unique: str, position: int) -> None:
    """Nobody is taken to where the log begins, or ends, without knowing."""

    async def refused() -> None:
        tp = TopicPartition(unique, 0)
        await cluster.create(unique)
        producer = cluster.producer()
        async with _started(producer):
            for value in (b"1", b"2", b"3"):
                await _send(producer, tp, value)
        await cluster.delete_before(tp, 2)
        consumer = cluster.consumer(enable_auto_commit=False, auto_offset_reset="none")
        async with _started(consumer):
            bounds = await consumer.beginning_offsets([tp]), await consumer.end_offsets([tp])
            assert ({tp: 2}, {tp: 3}) == bounds
        with pytest.raises(OffsetOutOfRangeError):
            await _read(cluster, tp, "read_committed", 10, position)
        assert [2] == [record.offset for record in await _read(cluster, tp, "read_committed", 3, 2)]

    cluster.run(refused())


@claim
async def test_a_group_remembers_the_offsets_that_it_was_told(cluster: Cluster, unique: str) -> None:
    """And says None of a partition that it was told nothing of."""
    tp, other = TopicPartition(unique, 0), TopicPartition(unique, 1)
    await cluster.create(unique)
    consumer = cluster.consumer(group_id=unique, enable_auto_commit=False)
    async with _started(consumer):
        consumer.assign([tp, other])
        await consumer.commit({tp: OffsetAndMetadata(7, "")})
    later = cluster.consumer(group_id=unique, enable_auto_commit=False)
    async with _started(later):
        later.assign([tp, other])
        assert (7, None) == (await later.committed(tp), await later.committed(other))


@claim
async def test_a_fetch_waits_for_what_is_still_to_come(cluster: Cluster, unique: str) -> None:
    """And has it soon after it is committed."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique)
    async with _started(producer):
        reading = asyncio.ensure_future(_values(cluster, tp, "read_committed", 2))
        await asyncio.sleep(0.5)
        assert not reading.done()
        await _commit(producer, tp, b"at last")
        assert [b"at last"] == await reading


def test_every_claim_is_made_of_both() -> None:
    """Each test here takes the cluster."""
    tests = {name: test for name, test in globals().items() if name.startswith("test_") and "every" not in name}
    assert all("cluster" in inspect.signature(test).parameters for test in tests.values())
