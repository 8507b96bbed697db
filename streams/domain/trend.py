"""The last days, weeks and months of a store or a brand, summed from the tallies of its days."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import repeat
from typing import Final, NamedTuple, Protocol

from streams.domain.period import CALENDARS, MONTHS, Calendar, Period
from streams.domain.tally import histogram
from streams.domain.window import DAY_S

_DAY_MS: Final = DAY_S * 1000


class Bands(NamedTuple):
    """How many answered, and how many of them with 9 or 10 and with 0 to 6."""

    n: int
    promoters: int
    detractors: int


class Finals(Protocol):
    """The finals that were kept of a store or a brand."""

    @property
    def restated(self) -> Collection[Period]:
        """The periods that something came too late for; all whose final is not empty are among them."""

    def final(self, period: Period) -> int | None:
        """The tally of a period when it became final; None while nothing came too late."""


class Course(NamedTuple):
    """The periods of a calendar that end with the one of a given instant, from the number `first` on."""

    first: int
    bands: list[Bands]
    final: int
    """So many of them, from the first on, are final."""
    restated: list[tuple[Period, Bands]]
    """What was said of final ones before something came too late for them, in their order."""


def courses(days: Mapping[int, int], finals: Finals, as_of_ms: int) -> dict[Calendar, Course]:
    """The course of each calendar at an instant (ms since the epoch), from the tallies of days that have answers.

    Days after that instant do not count. A period that was empty when it became final is not listed as restated: a
    number that was never shown cannot be. Nor is one that is not final by the clock that was asked, though the log
    was ahead of it.
    """
    end = as_of_ms // _DAY_MS
    begin = MONTHS.first_day(MONTHS.shown_at(end).start)
    tallies = list(map(days.get, range(begin, end + 1), repeat(0)))
    restated = sorted(finals.restated, key=lambda period: period.number)
    return {calendar: _course(calendar, tallies, restated, finals, as_of_ms) for calendar in CALENDARS}


def bands_of(tally: int) -> Bands:
    """The counts of a tally by band."""
    if not tally:
        return _NOBODY
    d0, d1, d2, d3, d4, d5, d6, p7, p8, p9, p10 = histogram(tally)
    detractors, promoters = d0 + d1 + d2 + d3 + d4 + d5 + d6, p9 + p10
    return Bands(detractors + p7 + p8 + promoters, promoters, detractors)


def _course(calendar: Calendar, tallies: list[int], restated: list[Period], finals: Finals, as_of_ms: int) -> Course:
    end = as_of_ms // _DAY_MS
    shown = calendar.shown_at(end)
    final = min(max(0, calendar.first_provisional(as_of_ms) - shown.start), len(shown))
    listed = []
    for period in restated:
        if period.calendar is calendar and period.number in shown[:final]:
            tally = finals.final(period)
            if tally:
                listed.append((period, bands_of(tally)))
    bands = [bands_of(sum(tallies[start:stop])) for start, stop in _spans(calendar, end)]
    return Course(shown.start, bands, final, listed)


@lru_cache(maxsize=8)  # all subjects are asked about the same day, or the next one
def _spans(calendar: Calendar, end: int) -> list[tuple[int, int]]:
    """From where to where the days of each period stand among those from the first month's first day to the end."""
    begin = MONTHS.first_day(MONTHS.shown_at(end).start)
    numbers = calendar.shown_at(end)
    assert calendar.first_day(numbers.start) >= begin, "no calendar reaches further back than the months"
    return [(calendar.first_day(number) - begin, calendar.first_day(number + 1) - begin) for number in numbers]


_NOBODY: Final = Bands(0, 0, 0)
