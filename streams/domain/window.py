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

_HOURS_KEPT = 48
_HOURS_HELD_MAX = 96
_NEVER = -1 << 40


class Rolling:
    """The tallies of one store or one brand by day, the last two days by hour, and the sums of its windows.

    The sums are kept for one last day and corrected by each addition; asking for another last day sums anew, which
    costs one pass over the days that have answers. Exact for any order of additions.
    """

    __slots__ = ("_end", "_fresh", "_hour_max", "_total", "_w7", "_w30", "_w90", "_w365", "days", "hours")

    def __init__(self) -> None:
        self.days: dict[int, int] = {}
        self.hours: dict[int, int] = {}
        self._total = 0
        self._hour_max = _NEVER
        self._end = _NEVER
        self._w7 = self._w30 = self._w90 = self._w365 = 0
        self._fresh = 0
        """Added to the last seven days since the sums were made: it belongs to all of them but `24h`."""

    @property
    def total(self) -> int:
        """The tally of everything counted."""
        return self._total + self._fresh

    def add(self, hour: int, delta: int) -> None:
        """Add a tally to an hour (since the epoch); `delta` is negative where a vote is taken out."""
        # Once per answer: written out, since each call would cost as much as what it does.
        if hour > self._hour_max - _HOURS_KEPT:
            hours = self.hours
            hours[hour] = hours.get(hour, 0) + delta
            if hour > self._hour_max:
                self._hour_max = hour
                if len(hours) > _HOURS_HELD_MAX:
                    self._drop_hours()
        self.add_day(hour // HOURS, delta)

    def add_day(self, day: int, delta: int) -> None:
        """Add a tally to a day whose hours are not wanted: it is too old for `24h`."""
        days = self.days
        after = days.get(day, 0) + delta
        if after:
            days[day] = after
        else:
            days.pop(day, None)
        if 0 <= self._end - day < 7:
            self._fresh += delta
        else:
            self._add_old(self._end - day, delta)

    def add_lifetime(self, delta: int) -> None:
        """Add a tally that belongs to no day that is still kept."""
        self._total += delta

    def _add_old(self, age: int, delta: int) -> None:
        self._total += delta
        if 0 <= age < 365:
            self._w365 += delta
            if age < 90:
                self._w90 += delta
                if age < 30:
                    self._w30 += delta

    def retire(self, day: int) -> None:
        """Forget a day that lies before all windows, but keep its answers in the total."""
        assert day <= self._end - 365 or self._end == _NEVER
        self.days.pop(day, None)

    def last_30_days(self, end: int) -> int:
        """The tally of the 30 days that end with day `end`."""
        if end != self._end:
            self._sum(end)
        return self._w30 + self._fresh

    def windows(self, as_of_s: int) -> tuple[int, ...]:
        """The tallies of all windows at an instant (s since the epoch), in the order of WINDOWS."""
        end = as_of_s // DAY_S
        if end != self._end:
            self._sum(end)
        last_hour = as_of_s // HOUR_S
        w24 = sum(tally for hour, tally in self.hours.items() if last_hour - HOURS < hour <= last_hour)
        fresh = self._fresh
        return w24, self._w7 + fresh, self._w30 + fresh, self._w90 + fresh, self._w365 + fresh, self._total + fresh

    def add_hour(self, hour: int, delta: int) -> None:
        """Add a tally to an hour alone: its day has it already."""
        self._hour_max = max(self._hour_max, hour)
        self.hours[hour] = self.hours.get(hour, 0) + delta

    def _drop_hours(self) -> None:
        oldest = self._hour_max - _HOURS_KEPT
        self.hours = {kept: tally for kept, tally in self.hours.items() if kept > oldest}

    def _sum(self, end: int) -> None:
        w7 = w30 = w90 = w365 = 0
        for day, tally in self.days.items():
            age = end - day
            if 0 <= age < 365:
                w365 += tally
                if age < 90:
                    w90 += tally
                    if age < 30:
                        w30 += tally
                        if age < 7:
                            w7 += tally
        self._total += self._fresh
        self._fresh = 0
        self._end, self._w7, self._w30, self._w90, self._w365 = end, w7, w30, w90, w365
