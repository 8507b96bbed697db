"""The hours and days of a window, and of those it is compared with: as `streams.domain.window` rolls them."""

from typing import Final, NamedTuple

from streams.domain.period import CALENDARS
from streams.domain.window import DAY_S, HOUR_S, HOURS, NEVER, YEAR_DAYS, WindowName

DAYS: Final[dict[WindowName, int]] = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}


class Span(NamedTuple):
    """Hours since the epoch, from the first to the last, both included."""

    first_hour: int
    last_hour: int

    def has_day(self, day: int) -> bool:
        """Whether some of a day is in it."""
        return self.first_hour <= day * HOURS + HOURS - 1 and day * HOURS <= self.last_hour

    def has_whole_day(self, day: int) -> bool:
        """Whether all of a day is in it."""
        return self.first_hour <= day * HOURS and day * HOURS + HOURS - 1 <= self.last_hour

    def earlier(self, hours: int) -> "Span":
        """As many hours, so much earlier."""
        return Span(self.first_hour - hours, self.last_hour - hours)


ALWAYS: Final = Span(-NEVER * HOURS, NEVER * HOURS)
"""Everything counted, also what lies ahead."""


def span_of(window: WindowName, as_of_s: int) -> Span:
    """What a window holds at an instant (s since the epoch)."""
    if window == "all":
        return ALWAYS
    if window == "24h":
        hour = as_of_s // HOUR_S
        return Span(hour - HOURS + 1, hour)
    day = as_of_s // DAY_S
    return Span((day - DAYS[window] + 1) * HOURS, day * HOURS + HOURS - 1)


def compared_with(window: WindowName, span: Span) -> tuple[Span, Span] | None:
    """The window before and that of a year ago; None for `all`, which is compared with nothing."""
    if window == "all":
        return None
    return span.earlier(span.last_hour - span.first_hour + 1), span.earlier(YEAR_DAYS * HOURS)


def with_whole_periods(span: Span) -> Span:
    """The span and all the days of the weeks and months that have a day in it."""
    if span == ALWAYS:
        return span
    first, last = span.first_hour // HOURS, span.last_hour // HOURS
    begin = min(calendar.holding(first).days.start for calendar in CALENDARS)
    end = max(calendar.holding(last).days.stop for calendar in CALENDARS)
    return Span(begin * HOURS, end * HOURS - 1)
