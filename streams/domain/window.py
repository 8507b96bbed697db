"""Rolling windows: sums of buckets that end with the bucket which holds the instant asked for.

`24h` has 24 UTC hours; `7d` to `365d` have that many UTC days; `all` is everything counted, also what lies up to five
minutes ahead. Days and hours are numbered from the epoch, so that "the 30 days that end with day e" is
`e - 30 < day <= e` and month ends, leap days and time zones play no part.
"""

from typing import Literal

DAY_S = 86_400
HOUR_S = 3_600
HOURS = 24

WindowName = Literal["24h", "7d", "30d", "90d", "365d", "all"]
WINDOWS: tuple[WindowName, ...] = ("24h", "7d", "30d", "90d", "365d", "all")
ALERT_WINDOW: WindowName = "30d"

NEVER = 1 << 40
"""A day later than any."""

_HOURS_HELD_MAX = 96
_DAYS_OF_HOURS = 2


class Rolling:
    """The tallies of one store or one brand by day, by hour from `hours_from` on, and the sums of its windows.

    The sums are kept for one last day and corrected by each addition; asking for another last day sums anew, which
    costs one pass over the days that have answers. Exact for any order of additions. What is added to the last day
    itself, nearly everything, is one addition, and reaches the day's own tally when somebody asks for it.
    """

    __slots__ = ("_days", "_end", "_fresh", "_total", "_w7", "_w30", "_w90", "_w365", "hours", "hours_from")

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
        assert self._end == -NEVER or day <= self._end - 365
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
        last_hour = as_of_s // HOUR_S
        w24 = sum(tally for hour, tally in self.hours.items() if last_hour - HOURS < hour <= last_hour)
        fresh = self._fresh
        return w24, self._w7 + fresh, self._w30 + fresh, self._w90 + fresh, self._w365 + fresh, self._total + fresh

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
