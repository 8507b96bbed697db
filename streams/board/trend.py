"""A trend: what a window says against the days just before it, derived from one score record alone.

Every window but `all` lies within the next longer one and ends at the same instant, so the longer one less the window
is the time just before, exactly, and the two share no answer. They are told apart only where their 95 % intervals do
not overlap: a strict rule (for two equal samples it asks for |z| > 2.77, p < 0.006), because a page full of stores,
looked at all day, would show many false arrows at p < 0.05. Where either side has few answers nothing is said.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from streams.domain.tally import Figures, figures, from_histogram
from streams.domain.window import WINDOWS, WindowName

FEW: Final = 30
"""Below this many answers a figure is shown greyed and no trend is drawn."""
TOO_FEW: Final = 5
"""Below this many answers a figure is not shown to people at all."""

Direction = Literal["up", "down", "steady", "unknown"]
Confidence = Literal["good", "low", "too_few", "none"]


class Trend(NamedTuple):
    """`against` names the longer window, `before` is that window without the one looked at.

    `change` is the NPS less that of `before`, in points, None where one of them has no answers.
    """

    direction: Direction
    against: WindowName
    change: float | None
    before: Figures


def confidence(n: int) -> Confidence:
    """How far a figure of `n` answers may be trusted."""
    if n >= FEW:
        return "good"
    if n >= TOO_FEW:
        return "low"
    return "too_few" if n else "none"


def trend(windows: Mapping[WindowName, Figures], window: WindowName) -> Trend | None:
    """The trend of one window of a score; None for `all`, and where the record does not add up."""
    if window == "all":
        return None
    against = WINDOWS[WINDOWS.index(window) + 1]
    now = windows[window]
    before = _without(windows[against], now)
    if before is None:
        return None
    change = None if now.nps is None or before.nps is None else now.nps - before.nps
    return Trend(_direction(now, before), against, change, before)


def _direction(now: Figures, before: Figures) -> Direction:
    if now.n < FEW or before.n < FEW:
        return "unknown"
    assert now.low is not None
    assert now.high is not None
    assert before.low is not None
    assert before.high is not None
    if now.low > before.high:
        return "up"
    return "down" if now.high < before.low else "steady"


def _without(longer: Figures, window: Figures) -> Figures | None:
    """The figures of the longer window without the shorter; None where that cannot be."""
    bands = (
        longer.detractors - window.detractors,
        longer.passives - window.passives,
        longer.promoters - window.promoters,
    )
    if min(bands) < 0:
        return None
    detractors, passives, promoters = bands
    # Any score of a band will do: the figures know bands only.
    return figures(from_histogram((detractors, 0, 0, 0, 0, 0, 0, passives, 0, promoters, 0)))
