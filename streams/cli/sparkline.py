"""A trend at a glance: the NPS of the last weeks as a line of blocks, and what it says in words."""

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import chain
from math import ceil, floor
from typing import Final, NamedTuple

from rich.text import Text

from streams.cli.format import one_decimal
from streams.domain.comparison import LOW_CONFIDENCE_N
from streams.events.trend import Trend

BLOCKS: Final = "▁▂▃▄▅▆▇█"
GAP: Final = "·"
WEEKS_MAX: Final = 13
"""A quarter; as wide as the title of an interval."""

_ROUND: Final = 10
_SPAN_MIN: Final = 40
"""NPS points from the lowest to the highest block at least: five for each, or chance would look like mountains."""


class Week(NamedTuple):
    """What one ISO week said; `nps` is None where nobody answered."""

    monday: date
    n: int
    nps: float | None
    final: bool


class Scale(NamedTuple):
    """The NPS that the blocks of all pictures stand for: eight equal steps from `low` to `high`."""

    low: int
    high: int

    def block(self, nps: float) -> str:
        """Return the block of an NPS, the first or the last one for what is beyond."""
        step = floor((nps - self.low) / (self.high - self.low) * len(BLOCKS))
        return BLOCKS[min(max(step, 0), len(BLOCKS) - 1)]

    @property
    def legend(self) -> str:
        """Say how pictures are to be read."""
        return (
            f"weeks (ISO, UTC): NPS from {self.low} ({BLOCKS[0]}, or below) to {self.high} ({BLOCKS[-1]}, or above); "
            f"{GAP} nobody answered; dim: provisional"
        )


class Picture(NamedTuple):
    """A picture and its words, to be put where a layout has room: `13 weeks`, `31.0 to 44.4`, `now`, `38.2`."""

    blocks: Text
    span: str
    reach: str
    """The lowest and the highest NPS of a week."""
    when: str
    """The last week with answers: `now` if it is the present one, or else its name."""
    last: str


def weeks_of(trend: Trend) -> list[Week]:
    """Return the last weeks of a trend, at most WEEKS_MAX; none if nobody answered in them, or if they have no name."""
    series = trend.weeks
    try:
        first = date.fromisoformat(f"{series.first}-1")
        columns = zip(series.n, series.promoters, series.detractors, strict=True)
        weeks = [
            Week(
                first + timedelta(weeks=number),
                n,
                100 * (promoters - detractors) / n if n > 0 else None,
                number < series.final,
            )
            for number, (n, promoters, detractors) in enumerate(columns)
        ][-WEEKS_MAX:]
    except (ValueError, OverflowError):  # not a week, or one that no calendar has
        return []
    return weeks if any(week.nps is not None for week in weeks) else []


def scale_of(courses: Iterable[list[Week]]) -> Scale:
    """Return a scale for all pictures, in tens: weeks of few answers do not set it if there are others."""
    weeks = list(chain.from_iterable(courses))
    many = [week.nps for week in weeks if week.nps is not None and week.n >= LOW_CONFIDENCE_N]
    seen = many or [week.nps for week in weeks if week.nps is not None] or [0.0]
    low = max(_ROUND * floor(min(seen) / _ROUND), -100)
    high = min(_ROUND * ceil(max(seen) / _ROUND), 100)
    while high - low < _SPAN_MIN:
        low, high = max(low - _ROUND, -100), min(high + _ROUND, 100)
    return Scale(low, high)


def picture_of(weeks: list[Week], scale: Scale, today: date) -> Picture:
    """Draw weeks of which one has answers at least; `today` is the UTC day that counts as now."""
    blocks = Text()
    for week in weeks:
        blocks.append(GAP if week.nps is None else scale.block(week.nps), "" if week.final else "dim")
    answered = [(week.nps, week.monday) for week in weeks if week.nps is not None]
    low, high = min(answered)[0], max(answered)[0]
    last, monday = answered[-1]
    year, number, _ = monday.isocalendar()
    return Picture(
        blocks,
        f"{len(weeks)} weeks",
        f"{one_decimal(low)} to {one_decimal(high)}",
        "now" if today < monday + timedelta(weeks=1) else f"{year:04d}-W{number:02d}",
        one_decimal(last),
    )
