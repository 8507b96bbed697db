"""One transaction per commit, all or nothing, the marker last."""

from typing import Any, cast

import pytest
from aiokafka.errors import ProducerFenced

from streams.engine.commit import Writer
from streams.engine.failure import Broken
from streams.engine.marker import KEY
from streams.engine.settling import Settling
from streams.engine.state import Output, Outputs
from tests.engine.fakes import NOW_S, STATE, FakeLookup, FakeProducer, a_config


def _a_writer(producer: FakeProducer, **config: Any) -> Writer:
    to, settings = cast("Any", producer), a_config(**config)
    return Writer(to, settings, 3, Settling(to, settings, 3, cast("Any", FakeLookup())))


async def test_a_commit_writes_outputs_rows_and_the_marker_last() -> None:
    """In the shard's partition of the changelog; an output keeps a timestamp of its own."""
    producer = FakeProducer()
    outputs: Outputs = {
        ("followup.alerts", 3): [Output(b"k", b"v")],
        ("survey.responses", 5): [Output(None, b"w", 17, [("h", b"x")])],
    }
    done = await _a_writer(producer).commit(outputs, [(b"row", b"1"), (b"gone", None)], b"marker")
    now_ms = int(NOW_S * 1000)
    assert [
        [
            ("followup.alerts", 3, [(b"k", b"v", now_ms, [])]),
            ("survey.responses", 5, [(None, b"w", 17, [("h", b"x")])]),
            (STATE, 3, [(b"row", b"1", now_ms, []), (b"gone", None, now_ms, []), (KEY, b"marker", now_ms, [])]),
        ]
    ] == producer.committed
    assert (5, 5) == done


async def test_a_commit_of_nothing_is_a_marker() -> None:
    """For duplicates too the position must move."""
    producer = FakeProducer()
    await _a_writer(producer).commit({}, [], b"marker")
    assert [[(STATE, 3)]] == [[place[:2] for place in transaction] for transaction in producer.committed]


async def test_what_does_not_fit_into_a_batch_goes_into_the_next() -> None:
    """In order, in the same transaction."""
    producer = FakeProducer(records_max=2)
    await _a_writer(producer).commit({("t", 0): [Output(b"%d" % n, b"") for n in range(5)]}, [], b"m")
    (transaction,) = producer.committed
    assert [[b"0", b"1"], [b"2", b"3"], [b"4"], [KEY]] == [[record[0] for record in part[2]] for part in transaction]


async def test_a_record_that_fits_into_no_batch_is_our_own_bug() -> None:
    """Sizes are bounded before; nothing is committed."""
    producer = FakeProducer(records_max=0)
    with pytest.raises(Broken, match="does not fit into a batch of its own"):
        await _a_writer(producer).commit({}, [], b"marker")
    assert [] == producer.committed


@pytest.mark.parametrize("topic", ["followup.alerts", STATE])
async def test_one_failed_batch_of_several_commits_nothing(topic: str) -> None:
    """The library would end the transaction happily."""
    producer = FakeProducer()
    producer.failing = {topic}
    with pytest.raises(OSError, match="lost"):
        await _a_writer(producer).commit({("followup.alerts", 3): [Output(b"k", b"v")]}, [], b"marker")
    assert [] == producer.committed


async def test_a_transaction_that_fails_while_it_is_filled_says_why() -> None:
    """The library says only that there is none."""
    producer = FakeProducer()
    producer.failed = ProducerFenced()
    with pytest.raises(ProducerFenced):
        await _a_writer(producer).commit({("followup.alerts", 3): [Output(b"k", b"v")]}, [], b"marker")
    assert [] == producer.committed


@pytest.mark.parametrize("skew_s", [-61, 61, 3_600])
async def test_a_clock_that_is_off_publishes_nothing(skew_s: float) -> None:
    """Timers are decided by the worker's clock; a minute is the most that it may differ."""
    producer = FakeProducer(append_s=lambda: NOW_S + skew_s)
    with pytest.raises(Broken, match="nothing was published"):
        await _a_writer(producer).commit({}, [], b"marker")
    assert [] == producer.committed


@pytest.mark.parametrize("skew_s", [-60, 0, 60])
async def test_a_minute_is_no_skew(skew_s: float) -> None:
    """On either side."""
    producer = FakeProducer(append_s=lambda: NOW_S + skew_s)
    await _a_writer(producer).commit({}, [], b"marker")
    assert 1 == len(producer.committed)


async def test_a_slow_commit_is_no_skew() -> None:
    """The append time may lie anywhere between sent and acked."""
    times = iter([NOW_S, NOW_S + 300])
    producer = FakeProducer(append_s=lambda: NOW_S + 120)
    await _a_writer(producer, now=lambda: next(times)).commit({}, [], b"marker")
    assert 1 == len(producer.committed)


async def test_a_changelog_without_append_times_is_refused() -> None:
    """Without them no clock can be checked."""
    producer = FakeProducer()
    producer.timestamp_type = 0
    with pytest.raises(Broken, match=r"nps\.state must have message\.timestamp\.type=LogAppendTime"):
        await _a_writer(producer).commit({}, [], b"marker")
    assert [] == producer.committed
