"""Thousands of stories, and every point of a few: no invariant is ever broken."""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

import pytest

from tests.simulation.campaign import SEEDS, examine, failures, smallest, spread
from tests.simulation.mishaps import EVENTS, Event
from tests.simulation.network import FAULTS, Fault
from tests.simulation.points import STORIES, pairs, points
from tests.simulation.shrink import shrink
from tests.simulation.story import Story, story
from tests.simulation.telling import tell
from tests.simulation.world import World

_DIGEST = """
from hashlib import sha256
from tests.simulation.story import story
from tests.simulation.world import World
for seed in range(20):
    world = World(story(seed)).run()
    digest = sha256(repr(world.network.steps).encode())
    for tp in sorted(world.broker.logs):
        for entry in world.broker.logs[tp].history:
            digest.update(entry.raw)
    print(seed, digest.hexdigest())
    world.close()
"""


def _assert_harmless(stories: Iterable[Story | int]) -> None:
    for failure in failures(stories):
        pytest.fail("\n".join(tell(smallest(failure))), pytrace=False)


@pytest.mark.timeout(1800)
def test_no_seed_breaks_an_invariant() -> None:
    """Crashes, zombies, lost answers, open transactions, rebalances: `SEEDS` in the environment asks for more."""
    _assert_harmless(range(int(os.environ.get("SEEDS", SEEDS))))


@pytest.mark.timeout(1200)
def test_no_point_of_the_fixed_stories_breaks_an_invariant() -> None:
    """A crash before or after any request, a lost answer, a long freeze; and every pair of such in the smaller two."""
    _assert_harmless(chain(points(), pairs()))


def test_a_seed_gives_the_same_run_to_the_last_byte() -> None:
    """In another process, with other hashes of strings."""

    def digests(hash_seed: str) -> str:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-c", _DIGEST]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    assert digests("1") == digests("2")


def test_what_is_to_befall_workers_does() -> None:
    """Every kind of fault meets with something; workers are fenced, transactions aborted, shards taken over."""
    seen = set[str]().union(*spread(_what_befell, (range(start, start + 50) for start in range(0, 300, 50))))
    wanted = {*FAULTS, *EVENTS, "ProducerFenced", "crashed", "left", "committed", "aborted", "taken over", "rebalanced"}
    assert set() == wanted - seen


def _what_befell(seeds: Iterable[int]) -> set[str]:
    seen = set()
    for seed in seeds:
        world = World(story(seed)).run()
        seen |= {fault.kind for fault in world.network.met}
        seen |= {event.kind for event in world.story.events}
        seen |= {type(death.error).__name__ if death.error else death.why for death in world.deaths}
        seen |= {"committed" if outcome.committed else "aborted" for outcome in world.broker.outcomes.values()}
        seen |= {"taken over" for taken in world.broker.taken.values() if len(taken) > 1}
        seen |= {"rebalanced"} if world.group.generation > 2 else set()
        world.close()
    return seen


def test_a_failing_story_is_made_small() -> None:
    """Whatever it fails without is left out."""
    whole = replace(
        story(3), slots=2, events=(Event(0.5, "kill"), Event(1.0, "join")), faults=(Fault(5, "freeze", 1.0),)
    )
    needed = whole.records[4]

    def fails(candidate: Story) -> bool:
        return needed in candidate.records and any(event.kind == "join" for event in candidate.events)

    small = shrink(whole, fails)
    assert ((needed,), (Event(1.0, "join"),), (), 1) == (small.records, small.events, small.faults, small.slots)


def test_a_fixed_story_alone_is_harmless() -> None:
    """Or its points would say nothing."""
    assert {name: [] for name in STORIES} == {name: examine(told) for name, told in STORIES.items()}
