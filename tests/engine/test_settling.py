"""What was committed is looked after: Kafka may drop what ends a transaction. All of it in virtual time."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from math import inf
from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.engine.commit import Writer
from streams.engine.marker import Marker, Source
from streams.engine.settling import Settling
from streams.engine.shard import Shard
from streams.engine.state import Output
from streams.engine.takeover import Taken, Takeover
from tests.engine.fakes import CONTROL, RESPONSES, STATE, FakeLookup, FakeObserver, FakeProducer, FakeState, a_config
from tests.simulation.loop import VirtualLoop

_ALERTS = TopicPartition("followup.alerts", 0)
_STATE = TopicPartition(STATE, 0)
_TIMEOUT_S = 10.0


def in_virtual_time(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Let a test sleep as long as it likes."""

    @wraps(test)
    def run() -> None:
        VirtualLoop().run(test())

    return run


class Committed:
    """A writer that has committed one alert."""

    def __init__(self, **open_at: int) -> None:
        self.producer = FakeProducer()
        self.lookup = FakeLookup(**open_at)
        producer, config = cast("Any", self.producer), a_config(transaction_timeout_s=_TIMEOUT_S)
        self.settling = Settling(producer, config, 0, cast("Any", self.lookup))
        self.writer = Writer(producer, config, 0, self.settling)

    async def commit_an_alert(self) -> None:
        await self.writer.commit({_ALERTS: [Output(b"k", b"v")]}, [], b"marker")

    async def look(self) -> bool:
        """Look, and do what follows from it."""
        settled = await self.settling.look()
        await self.settling.insist()
        return settled

    async def again(self) -> int:
        """How often it was committed once more, after looks when they are due until a while has passed."""
        ends_s = asyncio.get_running_loop().time() + 6 * _TIMEOUT_S
        while asyncio.get_running_loop().time() + self.settling.look_in_s() < ends_s:
            await asyncio.sleep(self.settling.look_in_s())
            await self.look()
        return len(self.producer.committed) - 1


@in_virtual_time
async def test_what_does_not_move_is_committed_once_more() -> None:
    """With no record in it; what may be on its way is waited for."""
    it = Committed(followup_alerts=0)
    await it.commit_an_alert()
    assert await it.look(), "the marker's row is settled"
    assert (1, 2.0) == (len(it.producer.committed), it.settling.look_in_s())
    await asyncio.sleep(2)
    await it.look()
    assert ([[]], [{_ALERTS}]) == (it.producer.committed[1:], it.producer.spanned[1:])


@in_virtual_time
async def test_all_that_may_not_have_ended_ends_in_one_transaction() -> None:
    """Alerts alone, and their rows later, would be torn by a death in between: also where something has just moved."""
    it = Committed(followup_alerts=0, nps_state=1)
    await it.commit_an_alert()
    await it.look()
    it.lookup.open[_STATE] = 0
    await asyncio.sleep(2)
    assert not await it.look()
    assert {_ALERTS, _STATE} == it.producer.spanned[-1]


@in_virtual_time
async def test_what_is_open_behind_our_last_record_is_no_concern_of_ours() -> None:
    """Others write there as well: what was open when we wrote begins before it."""
    it = Committed(followup_alerts=1)
    await it.commit_an_alert()
    assert await it.look()
    assert it.settling.is_settled


@in_virtual_time
async def test_a_batch_of_which_nobody_knows_the_offset_is_settled_once_nothing_is_open() -> None:
    """Kafka said that it has it already, and not where."""
    it = Committed(followup_alerts=7)
    it.producer.offsets_are_known = False
    await it.commit_an_alert()
    await it.look()
    assert not it.settling.is_settled


@in_virtual_time
async def test_the_next_commit_ends_in_all_partitions_in_which_the_one_before_may_not_have() -> None:
    """Or the next owner might find the rows of one settled and abort its alerts."""
    it = Committed(followup_alerts=0)
    await it.commit_an_alert()
    await it.writer.commit({}, [], b"marker")
    assert [{_ALERTS, _STATE}, {_ALERTS, _STATE}] == it.producer.spanned
    await it.look()
    it.lookup.open.clear()
    await it.look()
    await it.writer.commit({}, [], b"marker")
    assert {_STATE} == it.producer.spanned[-1]


@in_virtual_time
async def test_where_nothing_is_open_nothing_is_done_nor_asked_again() -> None:
    """The usual end: one question of each partition that was written."""
    it = Committed()
    await it.commit_an_alert()
    assert 2 == it.settling.look_in_s()
    assert await it.look()
    assert (1, inf, [{_ALERTS, _STATE}]) == (len(it.producer.committed), it.settling.look_in_s(), it.lookup.asked)


@in_virtual_time
async def test_after_an_outage_one_looks_sooner() -> None:
    """A commit that took long may have met a broker that was away."""

    async def away() -> None:
        await asyncio.sleep(3)

    it = Committed(followup_alerts=0)
    it.producer.before_begin = away
    await it.commit_an_alert()
    it.producer.before_begin = None
    assert pytest.approx(0.2) == it.settling.look_in_s()
    await it.look()
    assert pytest.approx(0.2) == it.settling.look_in_s()
    await asyncio.sleep(0.2)
    await it.look()
    assert 2 == len(it.producer.committed)
    assert pytest.approx(4) == it.settling.look_in_s()


@in_virtual_time
async def test_what_never_moves_is_somebody_elses_and_is_committed_less_and_less_often() -> None:
    """A transaction that somebody left open before our records: only they can end it."""
    it = Committed(followup_alerts=0)
    await it.commit_an_alert()
    assert 3 == await it.again()


@in_virtual_time
async def test_a_broker_that_is_away_is_asked_again() -> None:
    """Nobody knows meanwhile; no process ends for it, and no commit waits for long."""
    it = Committed()
    await it.commit_an_alert()
    it.lookup.is_away = True
    assert not await it.look()
    assert (1.0, 2.0) == (asyncio.get_running_loop().time(), it.settling.look_in_s())
    it.lookup.is_away = False
    assert await it.look()
    assert [{_ALERTS, _STATE}] * 2 == it.lookup.asked


@in_virtual_time
async def test_positions_count_as_settled_once_their_marker_is() -> None:
    """The group is told no others: the next owner may have to abort what is not."""
    lookup = FakeLookup(nps_state=0)
    shard, producer = _a_shard(lookup)
    await shard.commit_first()
    assert shard.committed_positions
    await shard._look(insisting=True)
    assert ({}, 1) == (shard.settled_positions, len(producer.committed))
    lookup.open.clear()
    await shard.settle()
    assert shard.committed_positions == shard.settled_positions


@in_virtual_time
async def test_who_lets_go_of_a_shard_commits_once_more_what_does_not_settle_in_a_short_time() -> None:
    """The next owner would abort it; and what is not ours to end keeps nobody from leaving."""
    shard, producer = _a_shard(FakeLookup(nps_state=0))
    await shard.commit_first()
    await shard.drain()
    assert 1 < asyncio.get_running_loop().time() < 2
    assert shard.drained
    assert [set(), {_STATE}] == [producer.spanned[0] - {_STATE}, producer.spanned[-1]]
    assert 1 < len(producer.committed) <= 6


@in_virtual_time
async def test_a_new_owner_aborts_what_is_open_until_it_moves() -> None:
    """Kafka may drop that, too; what never moves is somebody else's."""
    producer, lookup = FakeProducer(), _Moving([{_ALERTS: 3, _STATE: 5}, {_ALERTS: 3, _STATE: 9}, {_ALERTS: 4}])
    await _a_takeover(lookup)._settle(cast("Any", producer), 0)
    assert [{_ALERTS, _STATE}, {_ALERTS}] == producer.aborted
    await _a_takeover(_Moving([{_ALERTS: 3}] * 9))._settle(cast("Any", producer), 0)
    assert [{_ALERTS}] * 3 == producer.aborted[2:]


@in_virtual_time
async def test_a_new_owner_waits_for_a_partition_without_a_leader() -> None:
    """It may be on its way back, and what is open there is not known."""
    lookup = _Moving([KafkaTimeoutError(), {}])
    await _a_takeover(lookup)._settle(cast("Any", FakeProducer()), 0)
    assert [] == lookup.answers


class _Moving:
    """Gives one answer after the other."""

    def __init__(self, answers: list[dict[TopicPartition, int] | Exception]) -> None:
        self.answers = answers

    async def unsettled(self, _: object) -> dict[TopicPartition, int]:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def _a_takeover(lookup: _Moving) -> Takeover:
    return Takeover(
        config=a_config(),
        lookup=cast("Any", lookup),
        committed=cast("Any", None),
        is_current=lambda: True,
        remaining=lambda _: None,
    )


def _a_shard(lookup: FakeLookup) -> tuple[Shard, FakeProducer]:
    nothing: Callable[..., None] = lambda *_: None  # noqa: E731 -- as short as what it does
    producer = FakeProducer()
    shard = Shard(
        0,
        config=a_config(transaction_timeout_s=_TIMEOUT_S),
        state=FakeState(),
        taken=Taken(
            cast("Any", producer),
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
    return shard, producer
