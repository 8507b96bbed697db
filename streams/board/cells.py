"""The cells of a store or a brand: every figure that the board shows of it, as answers between two moments.

Moments are hours since the epoch. What is counted ends now; so a window, a day or a month that goes on ends at the end
of today, and the last 24 hours, which end with the hour, do so as well. A year ago they are taken to end with the day,
too: that joins more than is known, and so withholds too much rather than too little.

Windows and periods come from two records, which may be some answers apart. The counts before each moment are those of
the periods where these have it; the others follow from the windows, counted from a moment that both have.
"""

from collections.abc import Hashable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from streams.board.change import before, year_ago
from streams.board.periods import Point, Unit
from streams.board.series import Cell, Series
from streams.board.standing import Standing
from streams.domain.window import DAY_S, HOUR_S, HOURS, WINDOWS, YEAR_DAYS, WindowName

DAYS: Final[Mapping[WindowName, int]] = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
ALWAYS: Final = -(1 << 40)
_WINDOW, _EARLIER = 2, 1
"""What they are worth, before days, weeks and months: a picture with a gap says more than no comparison."""
_SHARED: Final[tuple[WindowName, WindowName]] = ("30d", "7d")
"""Windows that begin where a day does that is shown by itself, so both records have the moment."""

Name = tuple[str, str]
"""A window and `now`, `before` or `year_ago`; or `days`, `weeks` or `months` and a period."""


class Clock(NamedTuple):
    """The present hour, and the hour after the present day."""

    hour: int
    end: int


def clock(now: datetime) -> Clock:
    """The moments that everything shown is counted back from."""
    seconds = int(now.astimezone(UTC).timestamp())
    return Clock(seconds // HOUR_S, (seconds // DAY_S + 1) * HOURS)


def series_of(standing: Standing | None, periods: Mapping[Unit, Iterable[Point]], now: Clock) -> Series:
    """Every figure of a brand or a store; `standing` is None where only its trend is known."""
    cells: dict[Hashable, Cell] = {}
    known = _count_periods(periods, now, cells)
    if standing is not None:
        found: dict[int, int] = {now.end: 0}
        _count_windows(standing, now, cells, found)
        known = _merged(found, known, now)
    return Series(cells, known)


def _count_periods(periods: Mapping[Unit, Iterable[Point]], now: Clock, cells: dict[Hashable, Cell]) -> dict[int, int]:
    known = {now.end: 0} if any(periods.values()) else {}
    for unit, points in periods.items():
        before_end = 0
        for point in reversed(list(points)):
            start, end = point.start * HOURS, min(point.end * HOURS, now.end)
            known.setdefault(end, before_end)
            before_end -= point.figures.n
            known.setdefault(start, before_end)
            cells[unit, point.period] = Cell(start, end, point.figures.n)
    return known


def _count_windows(standing: Standing, now: Clock, cells: dict[Hashable, Cell], found: dict[int, int]) -> None:
    for window in WINDOWS:
        figures = standing.windows[window]
        cell = cells[window, "now"] = Cell(_start(window, now), now.end, figures.n, _WINDOW)
        found[cell.start] = -figures.n
    for window in WINDOWS[:-1]:
        start, length = cells[window, "now"].start, _length(window)
        for earlier in (before(standing.windows, window), year_ago(standing.windows, window)):
            if earlier is None:
                continue
            if earlier.against == "before":
                cell = Cell(start - length, start, earlier.comparison.n, _EARLIER)
            elif earlier.against == "year_ago":
                end = now.end - YEAR_DAYS * HOURS
                cell = Cell(min(start - YEAR_DAYS * HOURS, end), end, earlier.comparison.n, _EARLIER)
            else:
                cell = Cell(_start(earlier.against, now), start, earlier.comparison.n, _EARLIER)
            cells[window, "year_ago" if earlier.against == "year_ago" else "before"] = cell
            found.setdefault(cell.start, found[cell.end] - cell.n)


def _merged(windows: Mapping[int, int], periods: dict[int, int], now: Clock) -> dict[int, int]:
    if not periods:
        return dict(windows)
    long, short = (_start(window, now) for window in _SHARED)
    apart = {moment: periods[moment] - windows[moment] for moment in (long, short)}
    merged = {moment: count + apart[long if moment <= long else short] for moment, count in windows.items()}
    return merged | periods


def _start(window: WindowName, now: Clock) -> int:
    if window == "all":
        return ALWAYS
    if window == "24h":
        return now.hour + 1 - HOURS
    return now.end - DAYS[window] * HOURS


def _length(window: WindowName) -> int:
    return HOURS if window == "24h" else DAYS[window] * HOURS
