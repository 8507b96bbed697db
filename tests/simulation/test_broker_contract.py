"""What the engine relies on of a broker: true of the toy one and of the real one, asked by the same methods."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError, ProducerFenced
from aiokafka.structs import OffsetAndMetadata

from streams.engine.ending import abort_again, commit_again
from tests.conftest import Kafka
from tests.simulation.asking import LATELY_MS, commit, end_of, read, send, settled, started, until, values
from tests.simulation.clusters import Cluster, RealCluster, ToyCluster

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


@claim
async def test_a_transaction_shows_when_it_is_committed(cluster: Cluster, unique: str) -> None:
    """Not before, to those who read what is committed; and its end takes an offset of its own."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique)
    async with started(producer):
        await producer.begin_transaction()
        assert 0 == (await send(producer, tp, b"1", b"2")).offset
        assert [b"1", b"2"] == await values(cluster, tp, "read_uncommitted", 2)
        assert (0, 2) == (await end_of(cluster, tp, "read_committed"), await end_of(cluster, tp, "read_uncommitted"))
        await producer.commit_transaction()
        assert 3 == await settled(cluster, tp)
        assert [b"1", b"2"] == await values(cluster, tp, "read_committed", 3)
        await producer.begin_transaction()
        assert 3 == (await send(producer, tp, b"3")).offset
        await producer.commit_transaction()
        assert 5 == await settled(cluster, tp)


@claim
async def test_what_is_aborted_never_shows(cluster: Cluster, unique: str) -> None:
    """Except to those who read everything; positions go past it."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique)
    async with started(producer):
        await producer.begin_transaction()
        await send(producer, tp, b"aborted")
        await producer.abort_transaction()
        await commit(producer, tp, b"committed")
        assert 4 == await settled(cluster, tp)
    assert [b"committed"] == await values(cluster, tp, "read_committed", 4)
    assert [b"aborted", b"committed"] == await values(cluster, tp, "read_uncommitted", 4)


@claim
async def test_a_transaction_shows_in_all_its_partitions(cluster: Cluster, unique: str) -> None:
    """It is committed as a whole."""
    tps = [TopicPartition(unique, 0), TopicPartition(unique, 1)]
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique)
    async with started(producer):
        await producer.begin_transaction()
        for tp in tps:
            await send(producer, tp, b"x")
        assert [0, 0] == [await end_of(cluster, tp, "read_committed") for tp in tps]
        await producer.commit_transaction()
        assert [2, 2] == [await settled(cluster, tp) for tp in tps]


@claim
async def test_a_transaction_ends_in_every_partition_that_was_added_to_it(cluster: Cluster, unique: str) -> None:
    """Also where nothing was sent: its marker is there alone, and a producer goes on behind it."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique)
    async with started(producer):
        await abort_again(producer, [tp])
        assert 1 == await settled(cluster, tp)
        await commit_again(producer, [tp])
        assert 2 == await settled(cluster, tp)
        await commit(producer, tp, b"x")
        assert 4 == await settled(cluster, tp)
    assert [b"x"] == await values(cluster, tp, "read_committed", 4)


@claim
async def test_an_open_transaction_hides_what_is_committed_behind_it(cluster: Cluster, unique: str) -> None:
    """The last stable offset stays where it began, until it ends: it is not the end of the log."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    ours, foreign = cluster.producer(transactional_id=unique), cluster.producer(transactional_id=f"{unique}-foreign")
    async with started(ours, foreign):
        await commit(ours, tp, b"before")
        await settled(cluster, tp)
        await foreign.begin_transaction()
        assert 2 == (await send(foreign, tp, b"foreign")).offset
        await commit(ours, tp, b"behind")

        async def is_there() -> bool:
            return 5 == await end_of(cluster, tp, "read_uncommitted")

        await until(is_there)
        assert 2 == await end_of(cluster, tp, "read_committed")
        assert [b"before"] == await values(cluster, tp, "read_committed", 2)
        await foreign.abort_transaction()
        assert 6 == await settled(cluster, tp)
    assert [b"before", b"behind"] == await values(cluster, tp, "read_committed", 6)


@claim
async def test_a_new_holder_of_the_id_settles_what_was_open(cluster: Cluster, unique: str) -> None:
    """When it has started, nothing of the former one is open, and nothing of it will ever show."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    former, holder = cluster.producer(transactional_id=unique), cluster.producer(transactional_id=unique)
    async with started(former):
        await former.begin_transaction()
        await send(former, tp, b"open")
        async with started(holder):
            assert 2 == await end_of(cluster, tp, "read_committed") == await end_of(cluster, tp, "read_uncommitted")
            await commit(holder, tp, b"new")
            assert 4 == await settled(cluster, tp)
    assert [b"new"] == await values(cluster, tp, "read_committed", 4)


@pytest.mark.parametrize("is_open", [False, True], ids=["idle", "in a transaction"])
def test_a_former_holder_of_the_id_is_fenced(cluster: Cluster, unique: str, is_open: bool) -> None:
    """It can neither go on with a transaction nor begin one."""

    async def fenced() -> None:
        tp = TopicPartition(unique, 0)
        await cluster.create(unique)
        former, holder = cluster.producer(transactional_id=unique), cluster.producer(transactional_id=unique)
        async with started(former):
            await commit(former, tp, b"1")
            if is_open:
                await former.begin_transaction()
                await send(former, tp, b"open")
            async with started(holder):
                late = former.commit_transaction() if is_open else commit(former, tp, b"late")
                with pytest.raises(ProducerFenced):
                    await late
                end = await settled(cluster, tp)
                assert [b"1"] == await values(cluster, tp, "read_committed", end)

    cluster.run(fenced())


@claim
async def test_a_transaction_left_open_is_aborted_after_its_timeout(cluster: Cluster, unique: str) -> None:
    """And whoever left it open can commit it no more."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique, transaction_timeout_ms=1_000)
    async with started(producer):
        await producer.begin_transaction()
        await send(producer, tp, b"slow")
        assert 2 == await settled(cluster, tp)
        with pytest.raises(KafkaError):
            await producer.commit_transaction()
    assert [] == await values(cluster, tp, "read_committed", 2)


@claim
async def test_a_log_of_append_times_has_the_brokers(cluster: Cluster, unique: str) -> None:
    """In the answer to the producer and in every record, one time per batch."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique, append_time=True)
    producer = cluster.producer(transactional_id=unique)
    async with started(producer):
        await producer.begin_transaction()
        sent = await send(producer, tp, b"1", b"2")
        await producer.commit_transaction()
        end = await settled(cluster, tp)
    assert (1, True) == (sent.timestamp_type, sent.timestamp > LATELY_MS)
    records = await read(cluster, tp, "read_committed", end)
    assert [(1, sent.timestamp)] * 2 == [(record.timestamp_type, record.timestamp) for record in records]


@claim
async def test_another_log_keeps_the_producers_times(cluster: Cluster, unique: str) -> None:
    """And the answer says that the broker gave none."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer()
    async with started(producer):
        sent = await send(producer, tp, b"1", timestamp_ms=LATELY_MS + 1)
    assert (0, -1) == (sent.timestamp_type, sent.timestamp)
    (record,) = await read(cluster, tp, "read_committed", 1)
    assert (0, LATELY_MS + 1, b"k", []) == (record.timestamp_type, record.timestamp, record.key, record.headers)


@pytest.mark.parametrize("position", [0, 9], ids=["before the log", "behind the log"])
def test_a_position_outside_the_log_is_an_error(cluster: Cluster, unique: str, position: int) -> None:
    """Nobody is taken to where the log begins, or ends, without knowing."""

    async def refused() -> None:
        tp = TopicPartition(unique, 0)
        await cluster.create(unique)
        producer = cluster.producer()
        async with started(producer):
            for value in (b"1", b"2", b"3"):
                await send(producer, tp, value)
        await cluster.delete_before(tp, 2)
        consumer = cluster.consumer(enable_auto_commit=False, auto_offset_reset="none")
        async with started(consumer):
            bounds = await consumer.beginning_offsets([tp]), await consumer.end_offsets([tp])
            assert ({tp: 2}, {tp: 3}) == bounds
        with pytest.raises(OffsetOutOfRangeError):
            await read(cluster, tp, "read_committed", 10, position)
        assert [2] == [record.offset for record in await read(cluster, tp, "read_committed", 3, 2)]

    cluster.run(refused())


@claim
async def test_a_group_remembers_the_offsets_that_it_was_told(cluster: Cluster, unique: str) -> None:
    """And says None of a partition that it was told nothing of."""
    tp, other = TopicPartition(unique, 0), TopicPartition(unique, 1)
    await cluster.create(unique)
    consumer = cluster.consumer(group_id=unique, enable_auto_commit=False)
    async with started(consumer):
        consumer.assign([tp, other])
        await consumer.commit({tp: OffsetAndMetadata(7, "")})
    later = cluster.consumer(group_id=unique, enable_auto_commit=False)
    async with started(later):
        later.assign([tp, other])
        assert (7, None) == (await later.committed(tp), await later.committed(other))


@claim
async def test_a_fetch_waits_for_what_is_still_to_come(cluster: Cluster, unique: str) -> None:
    """And has it soon after it is committed."""
    tp = TopicPartition(unique, 0)
    await cluster.create(unique)
    producer = cluster.producer(transactional_id=unique)
    async with started(producer):
        reading = asyncio.ensure_future(values(cluster, tp, "read_committed", 2))
        await asyncio.sleep(0.5)
        assert not reading.done()
        await commit(producer, tp, b"at last")
        assert [b"at last"] == await reading


def test_every_claim_is_made_of_both() -> None:
    """Each test here takes the cluster."""
    tests = {name: test for name, test in globals().items() if name.startswith("test_") and "every" not in name}
    assert all("cluster" in inspect.signature(test).parameters for test in tests.values())
