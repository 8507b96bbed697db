"""Whether a shard may be opened on the state that is there, by what the group was told of it."""

from dataclasses import replace
from typing import Any

import pytest
from aiokafka import TopicPartition

from streams.engine.failure import Refusal
from streams.engine.lookup import Lookup
from streams.engine.marker import KEY, Marker, Source
from streams.engine.takeover import Taken, Takeover
from tests.engine.fakes import CONTROL, RESPONSES, STATE, FakeState, a_config
from tests.simulation.asking import commit, started
from tests.simulation.clusters import ToyCluster


class Deployment:
    """One shard on a toy broker: its state is written, and the group is told offsets; then somebody takes it over."""

    def __init__(self) -> None:
        self.cluster = ToyCluster()
        self.told: dict[str, int] = {}
        self.config = replace(
            a_config(),
            outputs={RESPONSES: 1},
            producer=self.cluster.producer,
            consumer=self.cluster.consumer,
        )

    def take_over(self, *positions: dict[str, int], cut_at: int = 0, successor: dict[str, int] | None = None) -> Taken:
        """The shard, taken over on markers with these positions, once the rows before an offset are deleted.

        A `successor` takes it over in between, commits a marker and tells the group of it, just before that is asked.
        """
        taken: list[Taken] = []

        async def claim() -> None:
            for topic in (RESPONSES, CONTROL, STATE):
                await self.cluster.create(topic, append_time=True)
            async with started(writer := self.cluster.producer(transactional_id="w", enable_idempotence=True)):
                for topic in (RESPONSES, CONTROL):
                    await commit(writer, TopicPartition(topic, 0), *[b"?"] * 9)
                for each in positions:
                    await commit(writer, TopicPartition(STATE, 0), self._marker(each), key=KEY)
            await self.cluster.delete_before(TopicPartition(STATE, 0), cut_at)
            async with started(lookup := Lookup(self.config)):
                taken.append(await self._takeover(lookup, successor).run(0, FakeState()))

        self.cluster.run(claim())
        return taken[0]

    def _marker(self, positions: dict[str, int]) -> bytes:
        sources = {topic: Source(position) for topic, position in positions.items()}
        return Marker(self.config.app_id, self.config.cluster_id, 1, sources).encode()

    def _takeover(self, lookup: Any, successor: dict[str, int] | None) -> Takeover:
        async def committed(tps: list[TopicPartition]) -> dict[TopicPartition, int | None]:
            if successor is not None:
                async with started(writer := self.cluster.producer(transactional_id="s", enable_idempotence=True)):
                    await commit(writer, TopicPartition(STATE, 0), self._marker(successor), key=KEY)
                self.told = successor
            return {tp: self.told.get(tp.topic) for tp in tps}

        return Takeover(
            config=self.config,
            lookup=lookup,
            committed=committed,
            is_current=lambda: True,
            remaining=lambda _: None,
        )


@pytest.fixture
def deployment() -> Deployment:
    """One that is new."""
    return Deployment()


def test_a_state_as_far_as_the_group_was_told_is_opened(deployment: Deployment) -> None:
    """Or further: the group is told after the commit, and not after each."""
    deployment.told = {RESPONSES: 5, CONTROL: 0}
    taken = deployment.take_over({RESPONSES: 3, CONTROL: 0}, {RESPONSES: 5, CONTROL: 2})
    assert {RESPONSES: 5, CONTROL: 2} == {topic: source.position for topic, source in taken.marker.sources.items()}


def test_a_group_that_was_told_nothing_is_no_reason_to_refuse(deployment: Deployment) -> None:
    """Kafka forgets the offsets of a group that was away for a week."""
    assert 5 == deployment.take_over({RESPONSES: 5, CONTROL: 0}).marker.sources[RESPONSES].position


@pytest.mark.parametrize("topic", [RESPONSES, CONTROL])
def test_a_state_behind_what_the_group_was_told_is_refused(deployment: Deployment, topic: str) -> None:
    """It is an older copy: what it would count again was published already. One source of a shard is enough."""
    deployment.told = {RESPONSES: 5, CONTROL: 5, topic: 6}
    with pytest.raises(Refusal, match=rf"{topic}\[0\] is read up to 6, .* says 5: .* older copy") as refused:
        deployment.take_over({RESPONSES: 5, CONTROL: 5})
    assert "lost_state" == refused.value.kind


def test_what_a_successor_told_meanwhile_is_no_loss(deployment: Deployment) -> None:
    """A worker may be stopped anywhere in a takeover: the group is asked before the end of the state is read."""
    taken = deployment.take_over({RESPONSES: 3, CONTROL: 0}, successor={RESPONSES: 7, CONTROL: 0})
    assert 7 == taken.marker.sources[RESPONSES].position


def test_no_state_where_the_group_was_told_anything_is_refused(deployment: Deployment) -> None:
    """Even of a position at the start: a shard that was opened has a marker."""
    deployment.told = {RESPONSES: 0}
    with pytest.raises(Refusal, match="holds no marker: the state is lost"):
        deployment.take_over()


def test_a_state_without_its_first_rows_is_refused(deployment: Deployment) -> None:
    """Its last marker is there, and who knows what is not."""
    with pytest.raises(Refusal, match="begins at 2: rows were deleted") as refused:
        deployment.take_over({RESPONSES: 3, CONTROL: 0}, {RESPONSES: 5, CONTROL: 0}, cut_at=2)
    assert "lost_state" == refused.value.kind


def test_a_source_that_only_a_later_release_reads_stays_where_it_is(deployment: Deployment) -> None:
    """Who goes back to this release, and on again, loses nothing."""
    taken = deployment.take_over({RESPONSES: 5, CONTROL: 0, "nps.later": 7})
    assert 7 == taken.marker.sources["nps.later"].position
    assert {RESPONSES: 0, CONTROL: 0} == taken.log_starts
