"""What a run is to do: a function of its case, its seed and its size, and nothing else."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chaos.stage import Stage

PER_SECOND = 300


class Vacuous(Exception):
    """A fault did not happen, struck when all was done, or nothing went on under it: the run says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """When so many records are handled: an action, the worker or broker it strikes, and how."""

    at: int
    action: str
    target: int = 0
    how: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The whole run: the load, the workers and brokers, and every fault. It replays by the numbers of records."""

    case: str
    seed: int
    records: int
    per_second: int
    workers: int
    brokers: int
    shape: Mapping[str, Any]
    settings: Mapping[str, Any]
    steps: tuple[Step, ...]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> "Plan":
        """A plan that was written, perhaps with fewer steps since: what is left of it is what is played."""
        kept = json.loads(path.read_text())
        return cls(**{**kept, "steps": tuple(Step(**step) for step in kept["steps"])})


Steps = Callable[[Random, int], list[Step]]
"""The faults of a case, given its chance and the number of records."""
Finale = Callable[["Stage"], Awaitable[None]]
"""What is done when everything was verified and nobody is at work. Raises where it ends otherwise than it must."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fault of the matrix: what it is, and how a run of it is planned."""

    id: str
    title: str
    steps: Steps = lambda _random, _records: []
    workers: int = 2
    brokers: int = 1
    proxied: bool = False
    """Whether the workers reach Kafka through proxies."""
    per_second: int = PER_SECOND
    shape: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    replays: bool = False
    """Whether the whole log is replayed by another application at the end (I8)."""
    finale: Finale | None = None
    soaks: bool = False
    """Whether it goes on for long: a strike that met with nothing is only noted, and somebody watches the alerts."""

    def plan(self, seed: int, seconds: float) -> Plan:
        """The plan of a seed, with load for so many seconds at least."""
        records = round(self.per_second * seconds)
        return Plan(
            case=self.id,
            seed=seed,
            records=records,
            per_second=self.per_second,
            workers=self.workers,
            brokers=self.brokers,
            shape=self.shape,
            settings=self.settings,
            steps=tuple(self.steps(Random(f"{self.id}|{seed}"), records)),
        )


def evenly(random: Random, records: int, count: int) -> list[int]:
    """So many numbers of records, spread over the first two thirds of a load, none like another."""
    pace = records * 2 // 3 // count
    return [pace * number + pace // 2 + random.randrange(max(1, pace // 2)) for number in range(count)]
