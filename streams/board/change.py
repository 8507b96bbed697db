"""How a window stands against an earlier one: better, worse, or not more than chance.

A score carries the comparison with the window just before and with the same window a year ago. A record of the first
release does not. There every window but `all` lies within the next longer one and ends at the same instant, so the
longer one less the window is the time just before, exactly, and the two share no answer.

More than chance is what `nps scores` calls so, too: a two-sided test at 95 %. One comparison in twenty says so of a
store that did not change; what must not be said by chance of stores that are looked at all day is an alarm.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from streams.domain.comparison import LOW_CONFIDENCE_N, change_between
from streams.domain.tally import Z_95, Figures, figures, from_histogram
from streams.domain.window import WINDOWS, WindowName
from streams.events.score import Comparison, WindowFigures

TOO_FEW: Final = 5
"""Below this many answers a score says what single people said."""

Direction = Literal["up", "down", "steady", "unknown"]
Confidence = Literal["good", "low", "too_few", "none"]
Against = Literal["before", "year_ago"] | WindowName


class Earlier(NamedTuple):
    """What a window is compared with: the window `before`, that of `year_ago`, or the rest of a longer window."""

    against: Against
    comparison: Comparison


def confidence(n: int) -> Confidence:
    """How far a figure of `n` answers may be trusted."""
    if n >= LOW_CONFIDENCE_N:
        return "good"
    if n >= TOO_FEW:
        return "low"
    return "too_few" if n else "none"


def direction(comparison: Comparison) -> Direction:
    """Where the score went since; `steady` is within chance, `unknown` where nobody answered now or then."""
    if comparison.z is None:
        return "unknown"
    if abs(comparison.z) < Z_95:
        return "steady"
    return "up" if comparison.z > 0 else "down"


def before(windows: Mapping[WindowName, WindowFigures], window: WindowName) -> Earlier | None:
    """What lies just before a window; None for `all`, and where a record of the first release does not add up."""
    said = windows[window].previous
    if said is not None:
        return Earlier("before", said)
    if window == "all":
        return None
    longer = WINDOWS[WINDOWS.index(window) + 1]
    now = windows[window]
    then = _without(windows[longer], now)
    if then is None:
        return None
    of_now = Figures(now.n, now.promoters, now.passives, now.detractors, now.nps, now.low, now.high)
    comparison = Comparison(then.n, then.nps, then.low, then.high, *change_between(of_now, then))
    return Earlier(longer, comparison)


def year_ago(windows: Mapping[WindowName, WindowFigures], window: WindowName) -> Earlier | None:
    """The same window a year ago; None for `all` and in a record of the first release."""
    said = windows[window].year_ago
    return None if said is None else Earlier("year_ago", said)


def _without(longer: WindowFigures, window: WindowFigures) -> Figures | None:
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
