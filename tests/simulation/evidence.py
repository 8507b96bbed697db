"""What is held against the invariants after a run: what happened, what is in the broker, and what must be."""

from collections.abc import Iterator
from dataclasses import dataclass

from streams import topology
from tests.simulation.expected import Expected, Fate
from tests.simulation.truth import Commit, Truth
from tests.simulation.world import World

RESPONSES = topology.RESPONSES.name
ALERTS = topology.ALERTS.name
ACTIONS = topology.ACTIONS.name
ACTIONS_DEAD = topology.ACTIONS_DEAD.name
DEAD_LETTERS = topology.DEAD_LETTERS.name
SCORES = topology.SCORES.name
AUDIT = topology.AUDIT.name
STATE = topology.STATE.name


@dataclass(frozen=True, slots=True)
class Evidence:
    """One run, ended."""

    world: World
    truth: Truth
    expected: Expected

    @classmethod
    def of(cls, world: World) -> "Evidence":
        """Read all that was left behind."""
        partitions = world.story.partitions
        truth = Truth(world.broker, partitions, STATE, (ALERTS, AUDIT, DEAD_LETTERS, RESPONSES))
        return cls(world, truth, Expected(truth.records(RESPONSES), partitions, RESPONSES))

    def spans(self) -> Iterator[tuple[Commit, list[Fate]]]:
        """Each commit, with the records of `survey.responses` that its marker adds to the one before."""
        for shard, commits in self.truth.commits.items():
            position = 0
            for commit in commits:
                end = commit.marker["sources"][RESPONSES]["position"]
                yield commit, self.expected.below(shard, position, end)
                position = end
