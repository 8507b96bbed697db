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
    Goal(name="faust_ratio", what="stock Faust's CPU / the worker's", unit="x", better="higher", target=20.0, aim=40.0),
    Goal(name="faust_cpu", what="stock Faust: CPU per million responses", unit="s"),
    Goal(name="catchup_cpu", what="catch-up: CPU per million responses", unit="s"),
    Goal(name="catchup_scores_cpu", what="  with the scores held back meanwhile", unit="s"),
    Goal(name="catchup_rate", what="catch-up: responses a second", unit="", better="higher", target=70e3, aim=200e3),
    Goal(name="catchup_rate_alone", what="  less the time that others took of its core", unit="", better="higher"),
    Goal(name="changelog_rows", what="  changelog rows per response", unit=""),
    Goal(name="changelog_replaced", what="  of them replaced by a later row", unit="%"),
    Goal(name="restore_s", what="restore of 1 million pages of 10 votes", unit="s", target=10.0),
    Goal(name="restore_s_alone", what="  less the time that others took of its core", unit="s"),
    Goal(name="restore_cpu", what="  CPU", unit="s"),
    Goal(name="restore_rate", what="  rows a second", unit="", better="higher"),
    Goal(name="restore_bytes", what="  resident per row, stores and tallies included", unit="B"),
    Goal(name="restore_replaced", what="  rows replaced by a later row", unit="%"),
    Goal(name="latency_p50", what="response to visible alert: p50", unit="ms", target=100.0, aim=40.0),
    Goal(name="latency_p90", what="  p90", unit="ms"),
    Goal(name="latency_p99", what="  p99", unit="ms", target=300.0, aim=80.0),
    Goal(name="latency_max", what="  longest of all runs", unit="ms"),
    Goal(name="latency_cpu", what="  CPU per million responses at this rate", unit="s"),
    Goal(name="vote_packed", what="resident per vote, 10 a store and day: packed", unit="B"),
    Goal(name="vote_thawed", what="  thawed", unit="B"),
    Goal(name="vote_packed_busy", what="resident per vote, 1,000 a store and day: packed", unit="B"),
    Goal(name="vote_thawed_busy", what="  thawed", unit="B"),
    Goal(name="store_empty", what="resident per store: without votes", unit="B"),
    Goal(name="store_month", what="  with 30 days of tallies, votes aside", unit="B"),
    Goal(name="case_open", what="open cases of a shard: CPU to open one", unit="us"),
    Goal(name="case_bytes", what="  resident per case", unit="B"),
    Goal(name="case_restore", what="  CPU to restore one", unit="us"),
    Goal(name="case_action", what="  CPU of an action", unit="us"),
    Goal(name="case_clock", what="  CPU of a clock that fires", unit="us"),
    Goal(name="case_look", what="  CPU of a commit's look at clocks that are not due", unit="us"),
)
