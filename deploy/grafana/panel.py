"""A panel as data: its question, its unit and its queries; the rows of the dashboard are tuples of these.

`J` selects the job, `B` the brand as well; both are variables of the dashboard. Means hide what customers wait for,
so durations are quantiles; scores are made from summed counts by the recording rules, never from other scores.
"""

from dataclasses import dataclass
from typing import Literal

J = 'job=~"$job"'
B = f'{J},brand=~"$brand"'
RATE = "[$__rate_interval]"
RED, AMBER, GREEN, BLUE = "red", "orange", "green", "blue"

Unit = Literal["none", "short", "s", "percentunit", "cps", "bytes"]
Steps = tuple[tuple[float | None, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One PromQL expression and how its series are called."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel. `steps` are thresholds from the lowest up, the first from None; on a graph they are drawn as lines.

    A table shows one column per query, named by its legend, and a row for each value of the labels in `by`.
    """

    title: str
    what: str
    unit: Unit
    queries: tuple[Query, ...]
    kind: Literal["stat", "graph", "table", "bars"] = "graph"
    width: int = 8
    height: int = 8
    decimals: int | None = None
    steps: Steps = ()
    stacked: bool = False
    low: float | None = None
    high: float | None = None
    by: tuple[str, ...] = ()


def one(expr: str, legend: str = "") -> tuple[Query, ...]:
    """A panel's only query."""
    return (Query(expr=expr, legend=legend),)


def quantiles(metric: str, by: str = "", *, of: tuple[float, ...] = (0.5, 0.95, 0.99)) -> tuple[Query, ...]:
    """Quantiles of a histogram over all workers, per `by` where given."""
    grouped = f"le, {by}" if by else "le"
    series = f"{{{{{by}}}}} " if by else ""
    return tuple(
        Query(
            expr=f"histogram_quantile({q}, sum by ({grouped}) (rate({metric}_bucket{{{J}}}{RATE})))",
            legend=f"{series}p{100 * q:g}",
        )
        for q in of
    )


def stat(title: str, what: str, unit: Unit, expr: str, steps: Steps, *, decimals: int | None = None) -> Panel:
    """A small tile with one number."""
    return Panel(
        title=title,
        what=what,
        unit=unit,
        queries=one(expr),
        kind="stat",
        width=3,
        height=4,
        steps=steps,
        decimals=decimals,
    )
