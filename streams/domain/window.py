"""Rolling windows: sums of buckets that end with the bucket which holds the instant asked for.

`24h` has 24 UTC hours; `7d` to `365d` have that many UTC days; `all` is everything counted, also what lies up to five
minutes ahead. Days and hours are numbered from the epoch, so that "the 30 days that end with day e" is
`e - 30 < day <= e` and month ends, leap days and time zones play no part.

A window is compared with two others of as many buckets: the *previous* one, which ends where it begins, and the one a
*year ago*, 365 days (for `24h` 365 * 24 hours) earlier. `all` is compared with nothing; for `365d` both are the same.
"""

from collections.abc import Callable
from itertools import repeat
from typing import Literal, NamedTuple

DAY_S = 86_400
HOUR_S = 3_600
HOURS = 24

WindowName = Literal["24h", "7d", "30d", "90d", "365d", "all"]
WINDOWS: tuple[WindowName, ...] = ("24h", "7d", "30d", "90d", "365d", "all")
COMPARED: tuple[WindowName, ...] = WINDOWS[:-1]
"""The windows that have a previous one and one a year ago."""
ALERT_WINDOW: WindowName = "30d"

NEVER = 1 << 40
"""A day later than any."""

YEAR_DAYS = 365

_HOURS_HELD_MAX = 96
_DAYS_OF_HOURS = 3

_PREVIOUS_AGES = tuple((days, 2 * days) for days in (7, 30, 90, 365))
_YEAR_AGO_AGES = tuple((YEAR_DAYS, YEAR_DAYS + days) for days in (7, 30, 90))
_PAST_AGES = _PREVIOUS_AGES + _YEAR_AGO_AGES
"""The days of each past window by their age in days, from the first on, below the second."""
_AGE_MAX = max(last for _, last in _PAST_AGES) - 1
_HOLDING = tuple(
    tuple(past for past, (first, last) in enumerate(_PAST_AGES) if first <= age < last) for age in range(_AGE_MAX + 1)
)
"""By age of a day the past windows that hold it."""


class Past(NamedTuple):
    """The tallies of the windows to compare with, in the order of COMPARED."""

    previous: tuple[int, ...]
    year_ago: tuple[int, ...]


class Rolling:
    """The tallies of one store or one brand by day, by hour from `hours_from` on, and the sums of its windows.

    The sums are kept for one last day and corrected by each addition; asking for another last day sums anew, which
    costs one pass over the days that have answers. Exact for any order of additions. What is added to the last day
    itself, nearly everything, is one addition, and reaches the day's own tally when somebody asks for it.

    The past windows are summed when somebody asks for them and kept as long as the last day is the same. Nothing that
    is added to the last day is in one of them.
    """

    __slots__ = (
        "_days",
        "_end",
        "_fresh",
        "_past",
        "_total",
        "_w7",
        "_w30",
        "_w90",
        "_w365",
        "_year_ago_24h",
        "hours",
        "hours_from",
    )

    def __init__(self, hours_from: int = -NEVER) -> None:
        self.hours: dict[int, int] = {}
        self.hours_from = hours_from
        """The first day whose hours are known; NEVER while nobody asked for them."""
        self._days: dict[int, int] = {}
        self._total = 0
        self._end = -NEVER
        self._w7 = self._w30 = self._w90 = self._w365 = 0
        self._fresh = 0
        """Added to the last day since the sums were made: it belongs to all of them, and to its day."""
        self._past: list[int] | None = None
        """The sums of the past windows of days, as in _PAST_AGES; None until asked for."""
        self._year_ago_24h: tuple[int, int] | None = None
        """The 24 hours a year ago: the last one of them and their tally; None until asked for."""

    @property
    def days(self) -> dict[int, int]:
        """The tally of each day that has answers."""
        self._settle()
        return self._days

    @property
    def total(self) -> int:
        """The tally of everything counted."""
        return self._total + self._fresh

    def add(self, hour: int, delta: int) -> None:
        """Add a tally to an hour (since the epoch); `delta` is negative where a vote is taken out."""
        day = hour // HOURS
        if day >= self.hours_from:
            hours = self.hours
            hours[hour] = hours.get(hour, 0) + delta
            if len(hours) > _HOURS_HELD_MAX:
                self.know_hours(max(hours) // HOURS - _DAYS_OF_HOURS, hours)
        if day == self._end:
            self._fresh += delta
        else:
            self.add_day(day, delta)

    def add_day(self, day: int, delta: int) -> None:
        """Add a tally to a day whose hours are not wanted."""
        if day > self._end:
            self._sum(day)
        if day == self._end:
            self._fresh += delta
            return
        self._put(day, delta)
        self._total += delta
        age = self._end - day
        if age < 365:
            self._w365 += delta
            if age < 90:
                self._w90 += delta
                if age < 30:
                    self._w30 += delta
                    if age < 7:
                        self._w7 += delta
        if self._past is not None and age <= _AGE_MAX:
            for past in _HOLDING[age]:
                self._past[past] += delta
        if age >= YEAR_DAYS:
            self._year_ago_24h = None

    def load_day(self, day: int, delta: int) -> None:
        """Add a tally to a day before anybody asked for a window: a restore brings hundreds of days, in any order."""
        assert self._end == -NEVER
        self._put(day, delta)
        self._total += delta

    def add_lifetime(self, delta: int) -> None:
        """Add a tally that belongs to no day that is still kept."""
        self._total += delta

    def retire(self, day: int) -> None:
        """Forget a day that lies before all windows, but keep its answers in the total."""
        assert self._end == -NEVER or day <= self._end - YEAR_DAYS
        self._days.pop(day, None)

    def know_hours(self, first_day: int, hours: dict[int, int]) -> None:
        """From now on the hours from `first_day` on are known, and these are they; earlier ones are left out."""
        self.hours = {hour: tally for hour, tally in hours.items() if hour >= first_day * HOURS}
        self.hours_from = first_day

    def last_30_days(self, end: int) -> int:
        """The tally of the 30 days that end with day `end`."""
        if end != self._end:
            self._sum(end)
        return self._w30 + self._fresh

    def windows(self, as_of_s: int) -> tuple[int, ...]:
        """The tallies of all windows at an instant (s since the epoch), in the order of WINDOWS.

        The hours of the day before must be known.
        """
        end = as_of_s // DAY_S
        if end != self._end:
            self._sum(end)
        w24 = self._24_hours(as_of_s // HOUR_S)
        fresh = self._fresh
        return w24, self._w7 + fresh, self._w30 + fresh, self._w90 + fresh, self._w365 + fresh, self._total + fresh

    def past(self, as_of_s: int, tally_between: Callable[[int, int], int]) -> Past:
        """The tallies of the windows to compare with at an instant (s since the epoch).

        The hours of the two days before must be known. `tally_between` gives the tally of the hours (since the epoch)
        from one to another, both included; it is asked for those a year ago, about once an hour.
        """
        end = as_of_s // DAY_S
        if end != self._end:
            self._sum(end)
        if self._past is None:
            self._past = self._sum_past()
        last_hour = as_of_s // HOUR_S
        hour_then = last_hour - YEAR_DAYS * HOURS
        if self._year_ago_24h is None or self._year_ago_24h[0] != hour_then:
            self._year_ago_24h = hour_then, tally_between(hour_then - HOURS + 1, hour_then)
        p7, p30, p90, p365, y7, y30, y90 = self._past
        previous = self._24_hours(last_hour - HOURS), p7, p30, p90, p365
        return Past(previous, (self._year_ago_24h[1], y7, y30, y90, p365))

    def _24_hours(self, last: int) -> int:
        return sum(map(self.hours.get, range(last - HOURS + 1, last + 1), repeat(0)))

    def _put(self, day: int, delta: int) -> None:
        after = self._days.get(day, 0) + delta
        if after:
            self._days[day] = after
        else:
            self._days.pop(day, None)

    def _settle(self) -> None:
        fresh = self._fresh
        if fresh:
            self._put(self._end, fresh)
            self._fresh = 0
            self._total += fresh
            self._w7 += fresh
            self._w30 += fresh
            self._w90 += fresh
            self._w365 += fresh

    def _sum(self, end: int) -> None:
        self._settle()
        w7 = w30 = w90 = w365 = 0
        for day, tally in self._days.items():
            age = end - day
            if 0 <= age < 365:
                w365 += tally
                if age < 90:
                    w90 += tally
                    if age < 30:
                        w30 += tally
                        if age < 7:
                            w7 += tally
        self._end, self._w7, self._w30, self._w90, self._w365 = end, w7, w30, w90, w365
        self._past = self._year_ago_24h = None

    def _sum_past(self) -> list[int]:
        end, sums = self._end, [0] * len(_PAST_AGES)
        for day, tally in self._days.items():
            age = end - day
            if 0 <= age <= _AGE_MAX:
                for past in _HOLDING[age]:
                    sums[past] += tally
        return sums
