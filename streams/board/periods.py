"""The days, weeks and months of a trend as points, as they stand today.

A trend is published when answers come, so that of a store where nobody answers ends in the past; the periods since are
empty. Whether a period is final is a matter of time alone, which may have passed since as well.
"""

from datetime import UTC, date, datetime
from typing import Final, Literal, NamedTuple

from streams.domain.period import CALENDARS, Calendar
from streams.domain.tally import Figures, figures, from_histogram
from streams.domain.window import DAY_S
from streams.events.trend import Series, Trend

Unit = Literal["days", "weeks", "months"]
State = Literal["provisional", "final", "restated"]
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
UNITS: Final[dict[Unit, Calendar]] = dict(zip(("days", "weeks", "months"), CALENDARS, strict=True))


class Was(NamedTuple):
    """What a period said before something came too late for it."""

    n: int
    nps: float | None


class Point(NamedTuple):
    """One period: its name, its days (since the epoch, `end` not included), its figures, and how final they are."""

    period: str
    start: int
    end: int
    figures: Figures
    state: State
    was: Was | None


def points(trend: Trend | None, unit: Unit, now: datetime) -> list[Point]:
    """All periods of a trend that are shown at `now`, oldest first; empty ones where it has none."""
    calendar = UNITS[unit]
    now_s = int(now.astimezone(UTC).timestamp())
    final_to = calendar.first_provisional(now_s * 1000)
    said = {} if trend is None else _said(getattr(trend, unit), calendar, final_to)
    return [said.get(number) or _empty(calendar, number, final_to) for number in calendar.shown_at(now_s // DAY_S)]


def adds_up(trend: Trend) -> bool:
    """Whether a trend has an instant, and every period of it a name and counts that are possible."""
    try:
        if datetime.fromisoformat(trend.as_of).tzinfo is None:
            return False
        for unit, calendar in UNITS.items():
            series: Series = getattr(trend, unit)
            _number(series.first, calendar)
            counts = [*zip(series.n, series.promoters, series.detractors, strict=True)]
            counts += [(old.n, old.promoters, old.detractors) for old in series.restated]
            if any(min(promoters, detractors, n - promoters - detractors) < 0 for n, promoters, detractors in counts):
                return False
    except ValueError:
        return False
    return True


def _said(series: Series, calendar: Calendar, final_to: int) -> dict[int, Point]:
    first = _number(series.first, calendar)
    restated = {old.period: Was(old.n, _figures(old.n, old.promoters, old.detractors).nps) for old in series.restated}
    said = {}
    for index, counts in enumerate(zip(series.n, series.promoters, series.detractors, strict=True)):
        number = first + index
        name = calendar.name(number)
        was = restated.get(name)
        is_final = index < series.final or number < final_to
        state: State = "restated" if was else "final" if is_final else "provisional"
        said[number] = Point(name, *_days(calendar, number), _figures(*counts), state, was)
    return said


def _empty(calendar: Calendar, number: int, final_to: int) -> Point:
    state: State = "final" if number < final_to else "provisional"
    return Point(calendar.name(number), *_days(calendar, number), _figures(0, 0, 0), state, None)


def _days(calendar: Calendar, number: int) -> tuple[int, int]:
    return calendar.first_day(number), calendar.first_day(number + 1)


def _figures(n: int, promoters: int, detractors: int) -> Figures:
    # Any score of a band will do: the figures know bands only.
    return figures(from_histogram((detractors, 0, 0, 0, 0, 0, 0, n - promoters - detractors, 0, promoters, 0)))


def _number(name: str, calendar: Calendar) -> int:
    """The number of a period by its name; ValueError where that is none of the calendar's."""
    first = date.fromisoformat(f"{name}-01" if calendar.granularity == "month" else name)
    number = calendar.number_of(first.toordinal() - _EPOCH_ORDINAL)
    if calendar.name(number) != name:
        raise ValueError(name)
    return number
