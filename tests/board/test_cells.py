from datetime import datetime, timedelta
from typing import Any

import pytest

from streams.board.cells import Clock, clock, series_of
from streams.board.periods import UNITS, points
from streams.board.series import Series
from streams.board.standing import Standing
from streams.board.withhold import settled
from streams.events.trend import Trend, decode_trend
from tests.board.builders import NOON, Counts, a_standing, a_trend

NOW = clock(NOON)
DAYS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}


def _standing(days: dict[int, Counts], *, fresh: int = 0, hours: Counts = (0, 0, 9)) -> Standing:
    """A score of these days, and of so many answers more that came since the trend."""

    def counted(first: int, last: int) -> Counts:
        bands = [sum(counts[band] for ago, counts in days.items() if first <= ago < last) for band in range(3)]
        return bands[0] + (fresh if first == 0 else 0), bands[1], bands[2]

    windows: dict[str, Any] = {f"w{name}": counted(0, length) for name, length in DAYS.items()}
    windows |= {"wall": counted(0, 10_000), "w24h": (hours[0] + fresh, *hours[1:])}
    return a_standing("Maison", "Lyon", **windows)


def _series(standing: Standing | None, days: dict[int, Counts], *, as_of: datetime = NOON, now: Clock = NOW) -> Series:
    trend = decode_trend(a_trend("Maison", "Lyon", days, as_of=as_of))
    assert isinstance(trend, Trend)
    return series_of(standing, {unit: points(trend, unit, NOON) for unit in UNITS}, now)


def test_moments_are_hours_and_what_goes_on_ends_with_today() -> None:
    """Noon of a day: the day ends twelve hours later, and with it every window and every period that holds it."""
    series = _series(_standing({0: (1, 1, 8)}), {0: (1, 1, 8)})

    assert Clock(20_526 * 24 + 12, 20_527 * 24) == NOW
    for name in (("7d", "now"), ("24h", "now"), ("days", "2026-03-14"), ("weeks", "2026-W11"), ("months", "2026-03")):
        assert NOW.end == series.cells[name].end
    assert (NOW.end - 7 * 24, NOW.hour - 23) == (series.cells["7d", "now"].start, series.cells["24h", "now"].start)


def test_earlier_windows_lie_before_and_a_year_before() -> None:
    """The window before ends where the window begins, that of a year ago 365 days before today's end."""
    cells = _series(_standing({0: (1, 1, 8)}), {}).cells

    assert (NOW.end - 60 * 24, NOW.end - 30 * 24) == cells["30d", "before"][:2]
    assert (NOW.end - 395 * 24, NOW.end - 365 * 24) == cells["30d", "year_ago"][:2]
    assert (NOW.hour - 47, NOW.hour - 23) == cells["24h", "before"][:2]


def test_an_old_record_is_compared_with_what_is_left_of_the_longer_window() -> None:
    """The rest of 90 days before the 30 is a cell, too."""
    cells = series_of(a_standing("Maison", "Lyon", before=None), {}, NOW).cells

    assert (NOW.end - 90 * 24, NOW.end - 30 * 24) == cells["30d", "before"][:2]
    assert ("30d", "year_ago") not in cells


@pytest.mark.parametrize("fresh", [0, 1, 3])
def test_a_trend_some_answers_behind_hides_nothing(fresh: int) -> None:
    """The records of a store are published at different moments: the answer between them is no small cell."""
    days: dict[int, Counts] = dict.fromkeys(range(400), (3, 4, 9))

    shown = settled(_series(_standing(days, fresh=fresh, hours=(3, 4, 9)), days))

    assert frozenset() == shown.withheld()


def test_counts_before_each_moment_are_those_of_the_cells() -> None:
    """Where both records know a moment they agree, and each cell has as many answers as lie between its ends."""
    days: dict[int, Counts] = {day: (day % 3, 2, 5) for day in range(0, 500, 2)}
    series = _series(_standing(days, hours=(0, 2, 5)), days)

    for name, cell in series.cells.items():
        if name[1] in {"before", "year_ago"}:  # type: ignore[index]
            continue
        assert cell.n == series.before[cell.end] - series.before[cell.start], name


def test_a_trend_that_ends_in_the_past_has_no_answers_since() -> None:
    """A store where nobody answered for a week: its days since are empty, and the moments since then are one."""
    series = _series(None, {0: (1, 2, 9)}, as_of=NOON - timedelta(days=8))
    counts = {series.before[moment] for moment in series.before if moment > NOW.end - 8 * 24}

    assert {0} == counts
    assert 12 == series.cells["days", "2026-03-06"].n


def test_nothing_known_is_nothing_to_show() -> None:
    """A store without a record has no cell."""
    assert ({}, {}) == series_of(None, {}, NOW)
