"""What was committed is looked after: Kafka may drop what ends a transaction."""

from collections.abc import Callable
from typing import Any, cast

from aiokafka import TopicPartition

from streams.engine.commit import Writer
from streams.engine.marker import Marker, Source
from streams.engine.shard import Shard
from streams.engine.state import Output
from streams.engine.takeover import Taken
from tests.engine.fakes import CONTROL, RESPONSES, STATE, FakeLookup, FakeObserver, FakeProducer, FakeState, a_config

_ALERTS = TopicPartition("followup.alerts", 0)
_STATE = TopicPartition(STATE, 0)


def _a_writer(producer: FakeProducer, **config: Any) -> Writer:
    return Writer(cast("Any", producer), a_config(**config), 0)


async def _commit_an_alert(writer: Writer) -> None:
    await writer.commit({_ALERTS: [Output(b"k", b"v")]}, [], b"marker")


async def _look(writer: Writer, lookup: FakeLookup) -> bool:
    return await writer.look(cast("Any", lookup))


async def test_what_stays_open_between_two_looks_is_committed_once_more() -> None:
    """In those partitions alone, with no record in it; what moved on was somebody else's, and is let be."""
    producer, lookup = FakeProducer(), FakeLookup(followup_alerts=7, nps_state=3)
    writer = _a_writer(producer)
    await _commit_an_alert(writer)
    assert not await _look(writer, lookup), "the marker's row is not settled"
    await writer.insist()
    assert 1 == len(producer.committed), "it may be on its way"
    lookup.open[_STATE] = 9
    await _look(writer, lookup)
    await writer.insist()
    assert ([[]], [{_ALERTS}]) == (producer.committed[1:], producer.spanned[1:])


async def test_the_next_commit_ends_in_all_partitions_in_which_the_one_before_may_not_have() -> None:
    """Or the next owner might find the rows of one settled and abort its alerts."""
    producer, lookup = FakeProducer(), FakeLookup(followup_alerts=7)
    writer = _a_writer(producer)
    await _commit_an_alert(writer)
    await writer.commit({}, [], b"marker")
    assert [{_ALERTS, _STATE}, {_ALERTS, _STATE}] == producer.spanned
    await _look(writer, lookup)
    lookup.open.clear()
    await _look(writer, lookup)
    await writer.commit({}, [], b"marker")
    assert {_STATE} == producer.spanned[-1]


async def test_where_nothing_is_open_nothing_is_done_nor_asked_again() -> None:
    """The usual end: one question of each partition that was written."""
    producer, lookup = FakeProducer(), FakeLookup()
    writer = _a_writer(producer)
    await _commit_an_alert(writer)
    assert 0 < writer.look_in_s() <= 2
    assert await _look(writer, lookup)
    await writer.insist()
    assert (1, float("inf"), [{_ALERTS, _STATE}]) == (len(producer.committed), writer.look_in_s(), lookup.asked)


async def test_after_an_outage_one_look_is_enough() -> None:
    """A commit that took long may have met a broker that was away."""
    producer, lookup = FakeProducer(), FakeLookup(followup_alerts=7)
    writer = _a_writer(producer, transaction_timeout_s=1e-9)
    await _commit_an_alert(writer)
    assert writer.look_in_s() <= 0
    assert await _look(writer, lookup), "the state itself is settled"
    await writer.insist()
    assert 2 == len(producer.committed)


async def test_a_broker_that_is_away_is_asked_again() -> None:
    """Nobody knows meanwhile; no process ends for it."""
    lookup = FakeLookup()
    writer = _a_writer(FakeProducer())
    await _commit_an_alert(writer)
    lookup.is_away = True
    assert not await _look(writer, lookup)
    lookup.is_away = False
    assert writer.look_in_s() <= 2
    assert await _look(writer, lookup)
    assert [{_ALERTS, _STATE}] * 2 == lookup.asked


async def test_positions_count_as_settled_once_their_marker_is() -> None:
    """The group is told no others: the next owner may have to abort what is not."""
    lookup = FakeLookup(nps_state=0)
    shard = _a_shard(lookup)
    await shard.commit_first()
    assert shard.committed_positions
    await shard._look()
    assert {} == shard.settled_positions
    lookup.open.clear()
    await shard.settle()
    assert shard.committed_positions == shard.settled_positions


def _a_shard(lookup: FakeLookup) -> Shard:
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731 -- as short as what it does
    return Shard(
        0,
        config=a_config(),
        state=FakeState(),
        taken=Taken(
            cast("Any", FakeProducer()),
            Marker("nps", "cluster", 1, {RESPONSES: Source(10), CONTROL: Source(0)}),
            {RESPONSES: 0, CONTROL: 0},
            0,
            0,
            cast("Any", lookup),
        ),
        backlog=lambda: False,
        generation=1,
        fail=cast("Any", nothing),
        observer=cast("Any", FakeObserver()),
    )
