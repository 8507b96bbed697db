"""What is measured, in which unit, and what is wanted of it: the floor that must hold, and the aim."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """One figure. `target` and `aim` are None where nothing was promised."""

    name: str
    what: str
    unit: str
    better: Literal["higher", "lower"] = "lower"
    target: float | None = None
    aim: float | None = None

    def verdict(self, value: float) -> str:
        """How a value stands to the goal: aim, target, missed, or empty without one."""
        for bar, word in ((self.aim, "aim"), (self.target, "target")):
            if bar is not None and (value >= bar if self.better == "higher" else value <= bar):
                return word
        return "missed" if self.target is not None else ""


GOALS = (
    Goal(
        name="faust_ratio",
        what="CPU of stock Faust / CPU of the worker, per response",
        unit="x",
        better="higher",
        target=20,
        aim=40,
    ),
    Goal(name="faust_cpu", what="stock Faust: CPU per million responses", unit="s"),
    Goal(name="catchup_cpu", what="worker: CPU per million responses, catching up", unit="s"),
    Goal(name="catchup_scores_cpu", what="worker: the same with the scores it held back meanwhile", unit="s"),
    Goal(
        name="catchup_rate",
        what="worker: catching up on one core",
        unit="responses/s",
        better="higher",
        target=70_000,
        aim=200_000,
    ),
    Goal(name="changelog_rows", what="worker: rows of the changelog per response", unit="rows"),
    Goal(name="changelog_replaced", what="catch-up's changelog: rows that a later row replaces", unit="%"),
    Goal(name="restore_s", what="restore of 1 million page rows of 10 votes, left packed", unit="s", target=10),
    Goal(name="restore_rate", what="restore", unit="rows/s", better="higher"),
    Goal(name="restore_bytes", what="restore: resident memory per row", unit="B"),
    Goal(name="restore_replaced", what="restore: rows in the log that a later row replaces", unit="%"),
    Goal(name="latency_p50", what="response to visible alert, p50", unit="ms", target=100, aim=40),
    Goal(name="latency_p90", what="response to visible alert, p90", unit="ms"),
    Goal(name="latency_p99", what="response to visible alert, p99", unit="ms", target=300, aim=80),
    Goal(name="latency_max", what="response to visible alert, longest", unit="ms"),
    Goal(name="vote_packed", what="memory per vote, packed, 10 a page", unit="B"),
    Goal(name="vote_thawed", what="memory per vote, thawed, 10 a page", unit="B"),
    Goal(name="vote_packed_full", what="memory per vote, packed, 200 a page", unit="B"),
    Goal(name="vote_thawed_full", what="memory per vote, thawed, 200 a page", unit="B"),
    Goal(name="store_empty", what="memory per store without votes", unit="B"),
    Goal(name="store_month", what="memory per store with 30 days of tallies, votes aside", unit="B"),
)
