"""Many stories, spread over processes; the first that fails is made small and told."""

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from typing import NamedTuple, TypeVar

from tests.simulation.invariants import Complaint, verdict
from tests.simulation.shrink import shrink
from tests.simulation.story import Story, story
from tests.simulation.world import World

SEEDS = 10_000
"""Minutes of two cores, like the enumeration of points beside them."""
PROCESSES = int(os.environ.get("SIMULATION_PROCESSES", "2"))
"""Whoever runs something beside asks for fewer than there are processors."""
_AT_ONCE = 50
Part = TypeVar("Part")
Result = TypeVar("Result")


class Failure(NamedTuple):
    """A story that broke invariants."""

    story: Story
    complaints: list[Complaint]


def examine(story: Story) -> list[Complaint]:
    """Run a story and say what it broke."""
    world = World(story)
    try:
        return verdict(world.run())
    finally:
        world.close()


def failures(stories: Iterable[Story | int], processes: int = PROCESSES) -> Iterator[Failure]:
    """Run many stories, given whole or by their seeds; gives those that failed, as they are found."""
    for found in spread(_examine_all, _batches(stories), processes):
        yield from found


def spread(work: Callable[[Part], Result], parts: Iterable[Part], processes: int = PROCESSES) -> Iterator[Result]:
    """Have work done in processes that do nothing else; gives the results in order."""
    with ProcessPoolExecutor(processes, get_context("spawn"), settle_in) as pool:
        yield from pool.map(work, parts)


def smallest(failure: Failure) -> Failure:
    """The failure with as little as will break the same invariant first."""
    broken = failure.complaints[0].invariant

    def fails(candidate: Story) -> bool:
        complaints = examine(candidate)
        return bool(complaints) and complaints[0].invariant == broken

    small = shrink(failure.story, fails)
    return Failure(small, examine(small) or failure.complaints)


def settle_in() -> None:
    """What was imported lives for ever: the collector need not walk it. For a process that does nothing else."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 20, 20)


def _examine_all(stories: tuple[Story | int, ...]) -> list[Failure]:
    found = []
    for one in stories:
        told = story(one) if isinstance(one, int) else one
        complaints = examine(told)
        if complaints:
            found.append(Failure(told, complaints))
    return found


def _batches(stories: Iterable[Story | int]) -> Iterator[tuple[Story | int, ...]]:
    rest = iter(stories)
    while batch := tuple(islice(rest, _AT_ONCE)):
        yield batch
