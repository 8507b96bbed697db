"""`python -m tests.simulation`: run many stories, or play one again."""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import chain

from tests.simulation.campaign import PROCESSES, SEEDS, Failure, examine, failures, settle_in, smallest
from tests.simulation.points import pairs, points
from tests.simulation.story import Story, story
from tests.simulation.telling import tell
from tests.simulation.world import World


def main() -> int:
    """The exit status: 0 where no invariant was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seed", type=int, help="play one seed again")
    parser.add_argument("--steps", action="store_true", help="tell every request of it")
    parser.add_argument("--seeds", default=str(SEEDS), help=f"how many from 0 on, or FIRST:END (default {SEEDS})")
    parser.add_argument("--points", action="store_true", help="every point of the fixed stories instead")
    parser.add_argument("--first", action="store_true", help="in this process; one line about the first broken seed")
    parser.add_argument("--processes", type=int, default=PROCESSES)
    asked = parser.parse_args()
    if asked.seed is not None:
        return _replay(story(asked.seed), steps=asked.steps)
    first, _, end = asked.seeds.rpartition(":")
    stories = _Counted(chain(points(), pairs()) if asked.points else range(int(first or 0), int(end)))
    if asked.first:
        return _first(stories)
    began_s = time.monotonic()
    for failure in failures(stories, asked.processes):
        say(f"seed {failure.story.seed} fails; making it small")
        say("\n".join(tell(smallest(failure))))
        return 1
    say(f"{stories.count:,} stories in {time.monotonic() - began_s:.0f} s, every invariant held")
    return 0


def say(text: str) -> None:
    """What this program is run for."""
    print(text, flush=True)  # noqa: T201


class _Counted:
    """Stories, counted as they are taken."""

    def __init__(self, stories: Iterable[Story | int]) -> None:
        self.count = 0
        self._stories = stories

    def __iter__(self) -> Iterator[Story | int]:
        for one in self._stories:
            self.count += 1
            yield one


def _first(stories: Iterable[Story | int]) -> int:
    settle_in()
    for one in stories:
        told = story(one) if isinstance(one, int) else one
        for complaint in examine(told)[:1]:
            say(f"broken seed {told.seed}: {complaint.invariant}: {complaint.text}")
            return 1
    return 0


def _replay(told: Story, *, steps: bool) -> int:
    if steps:
        world = World(told).run()
        for step in world.network.steps:
            say(f"  {step.number:4d} {step.at_s:8.4f} s  {step.who:6s} {step.what}  {step.fault}")
        for death in world.deaths:
            say(f"  {death.name} ended: {death.why}")
        world.close()
    complaints = examine(told)
    say("\n".join(tell(Failure(told, complaints))))
    return int(bool(complaints))


if __name__ == "__main__":
    sys.exit(main())
