"""An open shard: what it takes in, how far it says it got, and when it commits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from faust.types import TP

from streams.engine.batches import Batch
from streams.engine.failure import Refusal
from streams.engine.fetch import Fetched, Record
from streams.engine.marker import KEY, Marker, Source, hash_of
from streams.engine.shard import Handled, Shard
from streams.engine.takeover import Taken
from tests.builders import FakeRecord
from tests.engine.fakes import (
    CONTROL,
    NOW_S,
    RESPONSES,
    Failures,
    FakeLookup,
    FakeObserver,
    FakeProducer,
    FakeState,
    a_config,
)


def _a_shard(
    source: Source | None = None,
    *,
    state: FakeState | None = None,
    producer: FakeProducer | None = None,
    breaker: dict[str, Any] | None = None,
    fail: Failures | None = None,
    **config: Any,
) -> Shard:
    lookup = cast("Any", FakeLookup())
    sources = {RESPONSES: source or Source(10), CONTROL: Source(0)}
    marker = Marker("nps", "cluster", 1, sources, breaker=breaker or {})
    return Shard(
        0,
        config=a_config(**config),
        state=state or FakeState(),
        taken=Taken(cast("Any", producer or FakeProducer()), marker, {RESPONSES: 0, CONTROL: 0}, 0, 0, lookup),
        backlog=lambda: False,
        generation=1,
        fail=cast("Any", fail or Failures()),
        observer=cast("Any", FakeObserver()),
    )


def _records(*offsets: int) -> list[Record]:
    return [FakeRecord(offset=offset, timestamp=1_000 + offset, value=b"v%d" % offset) for offset in offsets]


def _a_batch(start: int, end: int, *offsets: int, topic: str = RESPONSES, stable_end: int | None = None) -> Batch:
    """A batch from position `start` up to `end` with records at these offsets."""
    return Batch(Fetched(TopicPartition(topic, 0), start, end, _records(*offsets), stable_end or end))


def _handled(n: int) -> Handled:
    return Handled(n, {"counted": n})


def _take(shard: Shard, batch: Batch, *, most: int = 1_000) -> list[int] | None:
    """Take a batch in as the engine does; gives the offsets that were handled."""
    records = shard.accept(batch)
    if records is None:
        return None
    done = min(most, len(records))
    shard.include(batch, records, _handled(done))
    return [record.offset for record in records[:done]]


def _position(shard: Shard) -> int:
    return shard.positions()[TP(RESPONSES, 0)]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)


@pytest.fixture
async def started() -> AsyncIterator[list[Shard]]:
    """Shards that were started are closed in the end."""
    shards: list[Shard] = []
    yield shards
    for shard in shards:
        await shard.close()


def test_a_batch_that_follows_is_taken_whole() -> None:
    """And the position is where it ends, past what holds no record."""
    shard = _a_shard()
    assert [10, 11, 14] == _take(shard, _a_batch(10, 16, 10, 11, 14))
    source = shard.marker.sources[RESPONSES]
    assert (16, 14, 3) == (source.position, source.last_offset, source.totals["counted"])
    assert hash_of(_records(14)[0]) == source.last_hash
    assert 1.014 == shard.last_event_s[RESPONSES]


def test_a_batch_that_leaves_a_gap_is_not_taken() -> None:
    """What lies between was read by nobody."""
    shard = _a_shard()
    assert _take(shard, _a_batch(11, 13, 11, 12)) is None
    assert 10 == _position(shard)


def test_what_was_included_is_not_taken_again() -> None:
    """A batch delivered once more, whole or in part, or one from before."""
    shard = _a_shard()
    batch = _a_batch(10, 14, 10, 11, 12, 13)
    _take(shard, batch)
    assert [] == _take(shard, batch)
    assert [14, 15] == _take(shard, _a_batch(12, 16, 12, 13, 14, 15))
    assert [] == _take(shard, _a_batch(0, 9, 5))
    assert (16, 6) == (_position(shard), shard.marker.sources[RESPONSES].totals["counted"])


def test_the_last_record_that_was_included_is_known_again() -> None:
    """After a restart it is read once more and dropped."""
    (last,) = _records(9)
    shard = _a_shard(Source(12, last_offset=9, last_hash=hash_of(last)))
    assert [12] == _take(shard, _a_batch(9, 13, 9, 12))


def test_another_record_at_that_offset_is_refused() -> None:
    """The topic was recreated, and grew past where it was."""
    shard = _a_shard(Source(12, last_offset=9, last_hash="0123456789abcdef"))
    with pytest.raises(Refusal, match="holds another record at offset 9") as caught:
        shard.accept(_a_batch(9, 13, 9, 12))
    assert "recreated_input" == caught.value.kind


def test_a_missing_last_record_is_no_reason_to_refuse() -> None:
    """A compacted source loses it."""
    shard = _a_shard(Source(12, last_offset=9, last_hash="0123456789abcdef"))
    assert [12] == _take(shard, _a_batch(9, 13, 10, 12))


def test_a_batch_that_was_handled_in_part_goes_on_where_it_stopped() -> None:
    """The breaker tripped: the position is that of the first record that was left."""
    shard = _a_shard()
    assert [10, 11] == _take(shard, _a_batch(10, 20, 10, 11, 15, 16), most=2)
    source = shard.marker.sources[RESPONSES]
    assert (15, 11) == (source.position, source.last_offset)
    assert [15, 16] == _take(shard, _a_batch(10, 20, 10, 11, 15, 16))
    assert 20 == _position(shard)


def test_a_position_that_moved_without_data_is_no_hurry() -> None:
    """It is committed by a later tick."""
    shard = _a_shard()
    assert [] == _take(shard, _a_batch(10, 15))
    assert 15 == _position(shard)
    assert not shard._wanted.is_set()
    assert NOW_S == shard._moved_at


def test_a_backlog_is_noticed_in_the_main_input_alone() -> None:
    """Far from the end of the responses; how many orders wait says nothing."""
    shard = _a_shard()
    for position, (end, behind) in enumerate([(10_000, True), (12, False), (10_000, True)], 10):
        _take(shard, _a_batch(position, position + 1, position, stable_end=end))
        assert behind == shard.behind
    _take(shard, _a_batch(0, 1, 0, topic=CONTROL, stable_end=1))
    assert shard.behind


def test_a_tripped_breaker_holds_the_responses_alone() -> None:
    """Orders must still come in, or nobody could lift it."""
    shard = _a_shard(breaker={"recent": "0", "run": 500, "tripped": True})
    assert {TP(CONTROL, 0)} == shard.tps()
    shard.breaker.reset()
    assert {TP(CONTROL, 0), TP(RESPONSES, 0)} == shard.tps()


async def test_the_first_event_after_a_pause_is_committed_at_once(started: list[Shard]) -> None:
    """With all that it changed and the marker of its position."""
    producer, state = FakeProducer(), FakeState()
    shard = _a_shard(producer=producer, state=state)
    started.append(shard)
    shard.start()
    state.rows.append((b"row", b"1"))
    _take(shard, _a_batch(10, 11, 10))
    await _until(lambda: bool(producer.committed))
    ((topic, partition, records),) = producer.committed[0]
    assert ("nps.state", 0, [b"row", KEY]) == (topic, partition, [record[0] for record in records])
    marker = Marker.decode(records[-1][1])
    assert (11, {"taken": 1}) == (marker.sources[RESPONSES].position, marker.state)
    await _until(lambda: {TP(RESPONSES, 0): 11, TP(CONTROL, 0): 0} == shard.committed_positions)


async def test_a_duplicate_is_committed_as_well(started: list[Shard]) -> None:
    """The position is a promise, too."""
    producer = FakeProducer()
    shard = _a_shard(producer=producer)
    started.append(shard)
    shard.start()
    _take(shard, _a_batch(10, 11, 10))
    await _until(lambda: bool(producer.committed))


async def test_what_is_left_over_is_committed_at_once(started: list[Shard]) -> None:
    """A state that has more goes on."""
    producer, state = FakeProducer(), FakeState(more=4)
    shard = _a_shard(producer=producer, state=state)
    started.append(shard)
    shard.start()
    shard.want_commit()
    await _until(lambda: 4 == len(producer.committed))


async def test_what_time_brings_about_is_committed_without_input(started: list[Shard]) -> None:
    """A shard without traffic ticks."""
    producer, state = FakeProducer(), FakeState(due_s=0.0)
    shard = _a_shard(producer=producer, state=state)
    started.append(shard)
    shard.start()
    await _until(lambda: len(producer.committed) >= 2)


async def test_a_drained_shard_has_committed_what_it_took_and_commits_nothing_more(started: list[Shard]) -> None:
    """Until it is started again after the rebalance."""
    producer, state = FakeProducer(), FakeState()
    shard = _a_shard(producer=producer, state=state)
    started.append(shard)
    state.rows.append((b"row", b"1"))
    _take(shard, _a_batch(10, 11, 10))
    await shard.drain()
    assert (True, 1) == (shard.drained, len(producer.committed))
    await shard.drain()
    assert 1 == len(producer.committed)
    shard.start()
    assert not shard.drained
    shard.want_commit()
    await _until(lambda: 2 == len(producer.committed))


async def test_a_shard_that_could_not_drain_in_time_says_so_and_never_commits_again(started: list[Shard]) -> None:
    """What the commit took from the state is in no other: a marker after it would skip those records."""
    producer, state = FakeProducer(), FakeState()
    shard = _a_shard(producer=producer, state=state, drain_timeout_s=0.01)
    started.append(shard)
    shard.start()
    stuck = asyncio.Event()
    producer.before_begin = stuck.wait
    state.rows.append((b"row", b"1"))
    records = shard.accept(_a_batch(10, 11, 10))
    assert records is not None
    await shard._lock.acquire()  # the loop's own commit must not come first
    shard.include(_a_batch(10, 11, 10), records, _handled(1))
    shard._lock.release()
    await shard.drain()
    assert (False, []) == (shard.drained, state.rows)
    producer.before_begin = None
    shard.want_commit()
    for _ in range(100):
        await asyncio.sleep(0)
    await shard.drain()
    assert (False, []) == (shard.drained, producer.committed), "nor when it is revoked once more"


async def test_an_error_in_a_commit_ends_the_process(started: list[Shard]) -> None:
    """Before anything is acknowledged."""
    producer, fail = FakeProducer(), Failures()
    producer.failing = {"nps.state"}
    shard = _a_shard(producer=producer, fail=fail)
    started.append(shard)
    shard.start()
    shard.want_commit()
    await _until(lambda: bool(fail.errors))
    assert ["lost"] == [str(error) for error in fail.errors]
    assert [] == producer.committed


async def test_the_input_is_held_up_while_too_much_awaits_a_commit() -> None:
    """For a moment: a rebalance waits for whoever waits here."""
    state = FakeState()
    shard = _a_shard(state=state)
    async with asyncio.timeout(1):
        await shard.room()
    state.rows = [(b"row", b"")] * 100_001
    waiting = asyncio.create_task(shard.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    await shard.commit_first()
    async with asyncio.timeout(1):
        await waiting


async def test_a_closed_shard_has_closed_its_producer() -> None:
    """What it left open is settled by the next owner."""
    producer = FakeProducer()
    shard = _a_shard(producer=producer)
    shard.start()
    await shard.close()
    assert producer.stopped
