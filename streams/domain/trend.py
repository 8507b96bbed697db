"""The last days, weeks and months of a store or a brand, summed from the tallies of its days."""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from streams.domain.period import CALENDARS, FINAL_AFTER_MS, Calendar, Period
from streams.domain.tally import histogram
from streams.domain.window import DAY_S

_DAY_MS: Final = DAY_S * 1000
assert FINAL_AFTER_MS % _DAY_MS == 0, "what is final changes at midnight only"


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
    layout = _layout(as_of_ms // _DAY_MS)
    # Most stores have answers on a few days: what is empty costs nothing.
    sums: dict[int, int] = {}
    get = layout.places.get
    for day, tally in days.items():
        for place in get(day, ()):
            sums[place] = sums.get(place, 0) + tally
    bands = [_NOBODY] * layout.size
    for place, tally in sums.items():
        bands[place] = bands_of(tally)
    restated = sorted(finals.restated, key=lambda period: period.number)
    found, begin = {}, 0
    for calendar, shown, final in layout.calendars:
        stop = begin + len(shown)
        listed = _listed(calendar, shown[:final], restated, finals)
        found[calendar] = Course(shown.start, bands[begin:stop], final, listed)
        begin = stop
    return found


def bands_of(tally: int) -> Bands:
    """The counts of a tally by band."""
    if not tally:
        return _NOBODY
    d0, d1, d2, d3, d4, d5, d6, p7, p8, p9, p10 = histogram(tally)
    detractors, promoters = d0 + d1 + d2 + d3 + d4 + d5 + d6, p9 + p10
    return Bands(detractors + p7 + p8 + promoters, promoters, detractors)


def _listed(calendar: Calendar, final: range, restated: list[Period], finals: Finals) -> list[tuple[Period, Bands]]:
    listed = []
    for period in restated:
        if period.calendar is calendar and period.number in final:
            tally = finals.final(period)
            if tally:
                listed.append((period, bands_of(tally)))
    return listed


class _Layout(NamedTuple):
    """The periods of all calendars that end with a day, in a row; and how many of each are final."""

    calendars: list[tuple[Calendar, range, int]]
    places: dict[int, list[int]]
    """By day where the periods that hold it stand in the row."""
    size: int


@lru_cache(maxsize=8)  # all subjects are asked about the same day, or the next one
def _layout(end: int) -> _Layout:
    calendars: list[tuple[Calendar, range, int]] = []
    places: dict[int, list[int]] = {}
    size = 0
    for calendar in CALENDARS:
        shown = calendar.shown_at(end)
        final = min(max(0, calendar.first_provisional(end * _DAY_MS) - shown.start), len(shown))
        calendars.append((calendar, shown, final))
        for place, number in enumerate(shown, size):
            for day in range(calendar.first_day(number), min(calendar.first_day(number + 1), end + 1)):
                places.setdefault(day, []).append(place)
        size += len(shown)
    return _Layout(calendars, places, size)


_NOBODY: Final = Bands(0, 0, 0)
