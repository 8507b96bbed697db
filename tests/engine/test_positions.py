"""The group is told how far the shards are, by those who belong to it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from tests.engine.fakes import RESPONSES
from tests.simulation.standins import Thread

_TP = TopicPartition(RESPONSES, 0)


@pytest.mark.parametrize(("generation", "told"), [(7, [{_TP}]), (-1, [])])
async def test_who_belongs_to_no_generation_tells_nothing(generation: int, told: list[set[TopicPartition]]) -> None:
    """An empty group believes such a one, whatever its successors have done and undone meanwhile."""
    commits: list[set[TopicPartition]] = []

    async def commit(offsets: dict[TopicPartition, Any]) -> None:
        commits.append(set(offsets))

    thread = Thread(cast("Any", None), None, cast("Any", None))
    thread._consumer = cast(
        "Any",
        SimpleNamespace(
            _coordinator=SimpleNamespace(generation=generation), assignment=lambda: frozenset({_TP}), commit=commit
        ),
    )
    await thread.commit_positions({_TP: 5})
    assert told == commits
