"""Whole batches are drained as aiokafka would have drained them record by record."""

import asyncio
from collections import OrderedDict
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, FetchError, FetchResult
from aiokafka.errors import CorruptRecordException, OffsetOutOfRangeError
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.fetch import Record, drain, fetch
from tests.engine.batches import TP0, Written, batch_bytes, partition_records

TP1 = TopicPartition("survey.responses", 1)


class FakeFetcher:
    """What `drain` looks at of aiokafka's fetcher: its buffers and its notifications."""

    def __init__(self) -> None:
        self._records: OrderedDict[TopicPartition, Any] = OrderedDict()
        self._wait_consume_future = None
        self._subscriptions = SimpleNamespace(
            is_assigned=lambda tp: tp != TP1, reassignment_in_progress=False, fetch_context=nullcontext
        )
        self.told = 0

    def _notify(self, _future: object) -> None:
        self.told += 1

    def _create_fetch_waiter(self) -> "asyncio.Future[None]":
        self.waiter = asyncio.get_running_loop().create_future()
        return self.waiter


class FakeState:
    """The state of one assigned partition."""

    def __init__(self, position: int, *, paused: bool = False) -> None:
        self.position = position
        self.paused = paused
        self.lso = 77

    def consumed_to(self, position: int) -> None:
        self.position = position


def _holding(source: Any, tp: TopicPartition = TP0, **state: Any) -> tuple[Any, FakeState]:
    held = FakeState(source.next_fetch_offset, **state)
    assignment = SimpleNamespace(active=True, state_value=lambda _tp: held)
    fetcher = FakeFetcher()
    fetcher._records[tp] = FetchResult(tp, assignment=assignment, partition_records=source, backoff=0)
    return fetcher, held


def _plain(record: Any) -> tuple[Any, ...]:
    return record.offset, record.timestamp, record.timestamp_type, record.key, record.value, tuple(record.headers)


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[Written], list[tuple[int, int]]]:
    """A stretch of a log with transactions of two producers, some aborted, and holes where compaction was."""
    log: list[Written] = []
    open_at: dict[int, int] = {}
    aborted: list[tuple[int, int]] = []
    base = draw(st.integers(0, 5))
    for _ in range(draw(st.integers(0, 9))):
        producer = draw(st.sampled_from([None, 7, 8]))
        if producer in open_at and draw(st.booleans()):
            ends = draw(st.sampled_from(["commit", "abort"]))
            assert producer is not None
            first = open_at.pop(producer)
            if ends == "abort":
                aborted.append((producer, first))
            log.append(Written(base, 1, (0,), producer, ends))
        else:
            size = draw(st.integers(1, 4))
            kept = tuple(sorted(draw(st.sets(st.integers(0, size - 1), min_size=1))))
            if producer is not None:
                open_at.setdefault(producer, base)
            log.append(Written(base, size, kept, producer, gzip=draw(st.booleans())))
        base += log[-1].size + draw(st.sampled_from([0, 0, 2]))
    return log, aborted


@settings(deadline=None, max_examples=200)
@given(logs(), st.integers(0, 12), st.sampled_from([READ_COMMITTED, READ_UNCOMMITTED]), st.sampled_from([1, 3, 1000]))
def test_a_drain_gives_what_aiokafka_would(
    case: tuple[list[Written], list[tuple[int, int]]], start: int, isolation: int, records_max: int
) -> None:
    """The same records and the same next position: control batches, aborted ones and compaction's holes among them."""
    log, aborted = case
    if log:  # a broker's answer begins with the batch that holds the position
        start = min(start, log[0].base + log[0].size - 1)
    theirs = partition_records(log, aborted, start, isolation)
    expected = [_plain(record) for record in theirs]
    fetcher, held = _holding(partition_records(log, aborted, start, isolation))
    found: list[Record] = []
    position = start
    while fetcher._records:
        (one,) = drain(fetcher, {TP0}, records_max)
        assert position == one.start
        assert all(one.start <= record.offset < one.next_position for record in one.records)
        found += one.records
        position = one.next_position
        assert (position, 77) == (held.position, one.stable_end)
    assert expected == [_plain(record) for record in found]
    assert theirs.next_fetch_offset == position
    assert 1 == fetcher.told


def test_append_time_and_headers_are_those_of_the_batch() -> None:
    """Type 1 is append time; headers are pairs of text and bytes."""
    fetcher, _ = _holding(partition_records([Written(5, 1, (0,))], [], 5, READ_COMMITTED))
    ((record,),) = [one.records for one in drain(fetcher, {TP0}, 10)]
    assert (5, 1_005, 1, b"k5", b"v5", (("h", b"5"),)) == _plain(record)


def test_a_batch_without_data_moves_the_position() -> None:
    """Else a shard whose last records were aborted would seem to lag for ever."""
    log = [Written(3, 2, (0, 1), 7), Written(5, 1, (0,), 7, "abort")]
    fetcher, held = _holding(partition_records(log, [(7, 3)], 3, READ_COMMITTED))
    assert [(3, 6, [])] == [(one.start, one.next_position, one.records) for one in drain(fetcher, {TP0}, 10)]
    assert 6 == held.position


def test_a_broken_checksum_is_an_error() -> None:
    """Never a record less."""
    raw = bytearray(batch_bytes(Written(0, 1, (0,))))
    raw[-1] ^= 1
    source = partition_records([], [], 0, READ_COMMITTED)
    source._records = type(source._records)(bytes(raw))
    fetcher, _ = _holding(source)
    with pytest.raises(CorruptRecordException):
        drain(fetcher, {TP0}, 10)


def test_what_is_not_wanted_stays_until_it_is_not_assigned_any_more() -> None:
    """A held partition keeps its data; one that was revoked is dropped."""
    fetcher, _ = _holding(partition_records([Written(0, 1, (0,))], [], 0, READ_COMMITTED))
    fetcher._records[TP1] = fetcher._records[TP0]
    assert [] == drain(fetcher, set(), 10)
    assert [TP0] == list(fetcher._records)


@pytest.mark.parametrize("paused", [True, False], ids=["paused", "sought elsewhere"])
def test_what_was_fetched_before_a_seek_or_a_pause_is_dropped(paused: bool) -> None:
    """It is not at the position any more; it will be fetched again."""
    fetcher, held = _holding(partition_records([Written(0, 1, (0,))], [], 0, READ_COMMITTED), paused=paused)
    held.position += not paused
    assert [] == drain(fetcher, {TP0}, 10)
    assert {} == fetcher._records
    assert 1 == fetcher.told


def test_an_error_of_the_broker_is_raised_after_what_came_before_it() -> None:
    """Data first: it was fetched, and would be lost."""
    fetcher, _ = _holding(partition_records([Written(0, 1, (0,))], [], 0, READ_COMMITTED))
    other = TopicPartition("nps.control", 0)
    fetcher._records[other] = FetchError(error=OffsetOutOfRangeError({other: 9}), backoff=0)
    assert [TP0] == [one.tp for one in drain(fetcher, {TP0, other}, 10)]
    with pytest.raises(OffsetOutOfRangeError):
        drain(fetcher, {TP0, other}, 10)


async def test_a_fetch_waits_for_data() -> None:
    """And gives it as soon as it is there."""
    ready, _ = _holding(partition_records([Written(0, 2, (0, 1))], [], 0, READ_COMMITTED))
    fetcher: Any = FakeFetcher()
    waiting = asyncio.create_task(fetch(fetcher, {TP0}, 60.0, 10))
    await asyncio.sleep(0)
    fetcher._records.update(ready._records)
    fetcher.waiter.set_result(None)
    async with asyncio.timeout(5):
        assert [2] == [len(one.records) for one in await waiting]


async def test_a_fetch_that_waits_in_vain_gives_nothing() -> None:
    """And leaves no waiter behind."""
    fetcher: Any = FakeFetcher()
    assert [] == await fetch(fetcher, {TP0}, 0.001, 10)
    assert fetcher.waiter.cancelled()


async def test_nothing_is_fetched_while_the_group_rebalances() -> None:
    """What would come may belong to somebody else."""
    fetcher, _ = _holding(partition_records([Written(0, 1, (0,))], [], 0, READ_COMMITTED))
    fetcher._subscriptions.reassignment_in_progress = True
    assert [] == await fetch(fetcher, {TP0}, 60.0, 10)
