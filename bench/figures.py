"""From runs to figures: what each measurement says about each goal, run by run."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from bench.catchup import CatchUp
from bench.desk import DeskCost
from bench.goals import GOALS, Goal
from bench.latency import LatencyRun
from bench.memory import Memory
from bench.restore import RestoreRun
from bench.stock import StockRun

_MILLION = 1_000_000


@dataclass(slots=True)
class Runs:
    """All that was measured; `caught_up` and `stock` were run in turns, so that their pairs can be compared."""

    caught_up: list[CatchUp]
    stock: list[StockRun]
    restored: list[RestoreRun]
    latency: list[LatencyRun]
    memory: list[Memory]
    desk: list[DeskCost]


@dataclass(frozen=True, slots=True)
class Figure:
    """A goal and what was measured: the median of the runs is its value."""

    goal: Goal
    runs: list[float]

    @property
    def value(self) -> float:
        """The median; for a longest latency the longest of all."""
        return max(self.runs) if self.goal.name == "latency_max" else median(self.runs)

    def document(self) -> dict[str, Any]:
        """As it is written to the results."""
        goal = self.goal
        return {
            "name": goal.name,
            "what": goal.what,
            "unit": goal.unit,
            "value": self.value,
            "runs": self.runs,
            "target": goal.target,
            "aim": goal.aim,
            "verdict": goal.verdict(self.value),
        }


def figures(runs: Runs) -> list[Figure]:
    """The figures of what was measured, in the order of the goals."""
    values: dict[str, list[float]] = defaultdict(list)
    found = [
        *map(_caught_up, runs.caught_up),
        *map(_stock, runs.stock),
        *map(_pair, runs.caught_up, runs.stock),
        *map(_restored, runs.restored),
        *map(_latency, runs.latency),
        *map(_memory, runs.memory),
        *map(asdict, runs.desk),
    ]
    for name, value in (item for one in found for item in one.items()):
        values[name].append(value)
    return [Figure(goal, values[goal.name]) for goal in GOALS if goal.name in values]


def spread(values: Iterable[float]) -> float:
    """The largest of some values over the smallest, less one: how far runs of the same thing lie apart."""
    ordered = sorted(values)
    return ordered[-1] / ordered[0] - 1


def _caught_up(run: CatchUp) -> dict[str, float]:
    return {
        "catchup_cpu": run.cpu_s / run.responses * _MILLION,
        "catchup_scores_cpu": (run.cpu_s + run.scores_cpu_s) / run.responses * _MILLION,
        "catchup_rate": run.responses / run.wall_s,
        "catchup_rate_alone": run.responses / (run.cpu_s + run.idle_s),
        "changelog_rows": run.rows / run.responses,
        "changelog_replaced": 100 * run.rows_replaced / run.rows,
    }


def _stock(run: StockRun) -> dict[str, float]:
    return {"faust_cpu": run.cpu_s / run.responses * _MILLION}


def _pair(ours: CatchUp, stock: StockRun) -> dict[str, float]:
    return {"faust_ratio": (stock.cpu_s / stock.responses) / (ours.cpu_s / ours.responses)}


def _restored(run: RestoreRun) -> dict[str, float]:
    return {
        "restore_s": run.wall_s,
        "restore_s_alone": run.cpu_s + run.idle_s,
        "restore_cpu": run.cpu_s,
        "restore_rate": run.rows / run.wall_s,
        "restore_bytes": run.resident / run.rows,
        "restore_replaced": 100 * run.rows_replaced / run.rows_in_log,
    }


def _latency(run: LatencyRun) -> dict[str, float]:
    return {
        "latency_p50": run.p50,
        "latency_p90": run.p90,
        "latency_p99": run.p99,
        "latency_max": run.longest,
        "latency_cpu": run.cpu_s / run.responses * _MILLION,
    }


def _memory(run: Memory) -> dict[str, float]:
    return {name: getattr(run, name) for name in Memory.__slots__}
